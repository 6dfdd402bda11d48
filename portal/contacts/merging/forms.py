"""What two contacts become when they are made one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.contacts.fields.words import shown_value
from portal.contacts.models import Contact, ContactField
from portal.contacts.models.contact import LONGEST_NAME, LONGEST_NOTE
from portal.contacts.particulars import Particulars
from sms.phone import display

_NAME_PARTS = (
    ("surname", _("Surname")),
    ("given_name", _("Given name")),
    ("patronymic", _("Patronymic")),
)


@dataclass(frozen=True)
class Trait:
    """Something that a contact may say. ``values``: by the contact's id, as kept, none empty;
    ``shown``: as people read them."""

    name: str
    label: str
    values: Mapping[int, str]
    shown: Mapping[int, str]

    @property
    def differs(self) -> bool:
        return len(set(self.values.values())) > 1

    def words_for(self, value: str) -> str:
        """``value`` as people read it."""
        return next(self.shown[pk] for pk, kept in self.values.items() if kept == value)


def traits_of(pair: Sequence[Contact], fields: Sequence[ContactField]) -> list[Trait]:
    """Name parts, number and the organisation's fields, in the order of a contact's form."""
    return [*_traits_of_all(pair), *(_trait_of_field(pair, field) for field in fields)]


def _traits_of_all(pair: Sequence[Contact]) -> Iterator[Trait]:
    for name, label in _NAME_PARTS:
        values = {one.pk: getattr(one, name) for one in pair if getattr(one, name)}
        yield Trait(name, str(label), values, values)
    phones = {one.pk: one.phone for one in pair if one.phone}
    yield Trait("phone", gettext("Phone"), phones, {pk: display(to) for pk, to in phones.items()})


def _trait_of_field(pair: Sequence[Contact], field: ContactField) -> Trait:
    key = str(field.pk)
    values = {one.pk: one.field_values[key] for one in pair if key in one.field_values}
    shown = {pk: shown_value(field.kind, value) for pk, value in values.items()}
    return Trait(f"field_{key}", field.name, values, shown)


class MergeForm(forms.Form):
    """Asks only about what differs; the rest is what either contact says. Before anybody has
    chosen, what is kept is the contact that everybody sees, or else the older one, with what it
    says; a note has both notes.

    ``particulars``, ``stays``, ``goes`` and ``seen`` are for ``contact_merge``, once the form is
    valid.
    """

    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    keeps_number = forms.BooleanField(
        label=_("Write the number that is not kept into the note"), required=False
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        pair: Sequence[Contact],
        fields: Sequence[ContactField],
    ) -> None:
        self.pair = sorted(pair, key=lambda one: (not one.is_shared, one.created_at, one.pk))
        self.own_fields = fields
        self.traits = traits_of(self.pair, fields)
        super().__init__(self._untouched() if data is None else data)
        if self._may_keep_either:
            self.fields["kept"] = _choice(_("Which of the two stays"), _told_apart(self.pair))
        for trait in self.traits:
            if trait.differs:
                self.fields[trait.name] = _choice(trait.label, trait.shown)
        if not self._trait("phone").differs:
            del self.fields["keeps_number"]
        self.order_fields(["kept", *(trait.name for trait in self.traits)])

    def clean_seen(self) -> dict[int, datetime]:
        """Raises ``ValidationError`` for anything but what this form gave."""
        stamps = self.cleaned_data["seen"].split()
        times = [parse_datetime(stamp) for stamp in stamps if len(stamp) < 40]
        if len(times) != len(self.pair) or None in times:
            raise forms.ValidationError(gettext("Look at the contacts again."))
        return {one.pk: at for one, at in zip(self.pair, times, strict=True) if at}

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            if len(self.particulars.name) > LONGEST_NAME:
                words = gettext("The whole name has at most %(limit)s characters.")
                self.add_error(None, words % {"limit": LONGEST_NAME})
            if len(self.particulars.note) > LONGEST_NOTE:
                words = gettext("With the number the note has over %(limit)s characters.")
                self.add_error("note", words % {"limit": LONGEST_NOTE})
        return self.cleaned_data

    @property
    def stays(self) -> Contact:
        chosen = self.cleaned_data.get("kept", self.pair[0].pk)
        return next(one for one in self.pair if one.pk == chosen)

    @property
    def goes(self) -> Contact:
        return next(one for one in self.pair if one != self.stays)

    @property
    def particulars(self) -> Particulars:
        values = {trait.name: self._chosen(trait) for trait in self.traits}
        own = {name.removeprefix("field_"): values.pop(name) for name in [*values] if _is_own(name)}
        return Particulars(
            **values, note=self._note(), field_values={pk: text for pk, text in own.items() if text}
        )

    @property
    def dropped(self) -> list[tuple[str, str, bool]]:
        """Label, value and whether the note has it, of everything that is not kept."""
        return [
            (trait.label, shown, trait.name == "phone" and self._keeps_number)
            for trait in self.traits
            for pk, shown in trait.shown.items()
            if trait.values[pk] != self._chosen(trait)
        ]

    @property
    def shown(self) -> list[tuple[str, str]]:
        """Label and value of everything that is kept beside the note."""
        return [
            (
                trait.label,
                next(trait.shown[pk] for pk, value in trait.values.items() if value == to),
            )
            for trait in self.traits
            if (to := self._chosen(trait))
        ]

    @property
    def _may_keep_either(self) -> bool:
        return self.pair[0].is_shared == self.pair[1].is_shared

    @property
    def _keeps_number(self) -> bool:
        return bool(self.cleaned_data.get("keeps_number"))

    def _trait(self, name: str) -> Trait:
        return next(trait for trait in self.traits if trait.name == name)

    def _chosen(self, trait: Trait) -> str:
        if trait.differs:
            return trait.values[self.cleaned_data[trait.name]]
        return next(iter(trait.values.values()), "")

    def _note(self) -> str:
        note: str = self.cleaned_data["note"]
        if not self._keeps_number:
            return note
        phones = self._trait("phone")
        dropped = [
            phones.shown[pk] for pk, phone in phones.values.items() if phone != self._chosen(phones)
        ]
        words = gettext("Other number: %(number)s") % {"number": dropped[0]}
        return f"{note}\n{words}" if note else words

    def _untouched(self) -> dict[str, object]:
        """As the form is before anybody has chosen anything."""
        notes = dict.fromkeys(one.note for one in self.pair if one.note)
        return {
            "kept": self.pair[0].pk,
            "note": "\n".join(notes),
            "keeps_number": True,
            "seen": " ".join(one.changed_at.isoformat() for one in self.pair),
            **{trait.name: next(iter(trait.values), None) for trait in self.traits},
        }


def _told_apart(pair: Sequence[Contact]) -> dict[int, str]:
    """Namesakes differ by number; a shelf has each number once."""
    return {one.pk: ", ".join(filter(None, (one.name, one.phone_display))) for one in pair}


def _choice(label: Any, shown: Mapping[int, str]) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=[*shown.items()], coerce=int, widget=forms.RadioSelect
    )


def _is_own(name: str) -> bool:
    return name.startswith("field_")
