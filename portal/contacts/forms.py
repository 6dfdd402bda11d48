from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.contacts.fields.values import ValueRefused, stored_value
from portal.contacts.fields.words import explain_value
from portal.contacts.models import SHARED, Contact, ContactField, FieldKind, Group
from portal.contacts.models.contact import LONGEST_NAME, LONGEST_NAME_PART, LONGEST_NOTE
from portal.contacts.models.field import LONGEST_VALUE
from portal.contacts.particulars import Particulars
from portal.core.explain import explain
from sms.phone import PhoneRefused, normalise

_WIDGETS = {
    FieldKind.TEXT: {},
    FieldKind.DATE: {"type": "date"},
    FieldKind.NUMBER: {"inputmode": "decimal"},
}


class GroupsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # plain at run time
    def label_from_instance(self, group: Group) -> str:
        return gettext("%(group)s (your own)") % {"group": group} if group.owner_id else str(group)


def _name_part(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST_NAME_PART,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ContactForm(forms.Form):
    """``particulars``: what was written, once the form is valid. ``phone`` comes out as E.164
    digits of a country that the organisation sends to. The organisation's own fields follow as
    ``field_<id>``, in their order."""

    surname = _name_part(_("Surname"))
    given_name = _name_part(_("Given name"))
    patronymic = _name_part(_("Patronymic"))
    phone = forms.CharField(
        label=_("Phone"),
        max_length=64,
        required=False,
        help_text=_("In any spelling, for example +7 921 000-00-00 or 8 (921) 000-00-00."),
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"},
        ),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_("For your colleagues; it is never sent."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    is_own = forms.TypedChoiceField(
        label=_("Who sees it"),
        choices=[("", _("everybody in the organisation")), ("own", _("only you"))],
        coerce=bool,
        required=False,
        widget=forms.RadioSelect,
    )
    share = forms.BooleanField(
        label=_("Share with everybody in the organisation"),
        required=False,
        help_text=_("It cannot be made your own again."),
    )
    groups = GroupsField(
        label=_("Groups"),
        queryset=Group.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self, data: QueryDict | None, *, member: User, contact: Contact | None = None
    ) -> None:
        super().__init__(data, initial=_initial(contact, member) if contact else None)
        assert member.organisation is not None
        self.organisation = member.organisation
        self.member = member
        self.contact = contact
        if contact:
            del self.fields["is_own"]
        if contact is None or contact.is_shared:
            del self.fields["share"]
        self.fields["groups"].queryset = joinable_groups(member)  # type: ignore[attr-defined]
        self.own_fields = list(self.organisation.contact_fields.all())
        for field in self.own_fields:
            self.fields[_key(field)] = _field_of(field)
        self.order_fields(["surname", "given_name", "patronymic", "phone", *self._own_keys()])

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        parts = [given.get(name, "") for name in ("surname", "given_name", "patronymic")]
        if len(" ".join(filter(None, parts))) > LONGEST_NAME:
            words = gettext("The whole name has at most %(limit)s characters.")
            self.add_error("surname", words % {"limit": LONGEST_NAME})
        if not any(parts) and not self.data.get("phone", "").strip() and not self.errors:
            self.add_error("given_name", gettext("Write a name or a number."))
        if given.get("phone") and (twin := self._twin(given["phone"])):
            self.add_error("phone", _leading_to(twin))
        if self.stays_own and any(group.owner_id is None for group in given.get("groups", ())):
            self.add_error(
                "groups", gettext("A contact of your own joins only groups of your own.")
            )
        return given

    def clean_phone(self) -> str:
        if not (written := self.cleaned_data["phone"]):
            return ""
        try:
            return normalise(written, countries=self.organisation.allowed_countries)
        except PhoneRefused as refusal:
            raise forms.ValidationError(explain(refusal)) from None

    @property
    def particulars(self) -> Particulars:
        given = self.cleaned_data
        values = {str(field.pk): given[_key(field)] for field in self.own_fields}
        return Particulars(
            surname=given["surname"],
            given_name=given["given_name"],
            patronymic=given["patronymic"],
            phone=given["phone"],
            note=given["note"],
            field_values={pk: value for pk, value in values.items() if value},
        )

    @property
    def stays_own(self) -> bool:
        """Whether the contact will be the member's own."""
        if self.contact is None:
            return bool(self.cleaned_data.get("is_own"))
        return not self.contact.is_shared and not self.cleaned_data.get("share")

    @property
    def own_bound_fields(self) -> list[forms.BoundField]:
        return [self[key] for key in self._own_keys()]

    @property
    def has_foreign_group(self) -> bool:
        """A group was named that is deleted, or another organisation's, or none at all."""
        return self.has_error("groups", "invalid_choice") or self.has_error(
            "groups", "invalid_pk_value"
        )

    def _own_keys(self) -> list[str]:
        return [_key(field) for field in self.own_fields]

    def _twin(self, phone: str) -> Contact | None:
        """Another contact of the shelf that has the number, archived ones too."""
        shelf = self.member.pk if self.stays_own else SHARED
        shelved = Contact.objects.on_shelves(self.organisation, (shelf,))
        holder = shelved.filter(phone=phone).first()
        return None if holder == self.contact else holder


class _ValueField(forms.CharField):
    """A value of an organisation's own field, cleaned to what is kept."""

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def clean(self, value: Any) -> str:
        try:
            return stored_value(self.kind, super().clean(value))
        except ValueRefused as refusal:
            raise forms.ValidationError(explain_value(refusal)) from None


def joinable_groups(member: User) -> Any:
    """Groups that people are picked into, as far as the member sees them."""
    return (
        Group.objects.visible_to(member).filter(conditions__isnull=True).order_by("shelf", "name")
    )


def _field_of(field: ContactField) -> forms.CharField:
    attrs = {"autocomplete": "off", **_WIDGETS[FieldKind(field.kind)]}
    return _ValueField(
        field.kind,
        label=field.name,
        required=False,
        max_length=LONGEST_VALUE,
        widget=forms.TextInput(attrs=attrs),
    )


def _key(field: ContactField) -> str:
    return f"field_{field.pk}"


def _leading_to(twin: Contact) -> str:
    link = format_html('<a href="{}">{}</a>', reverse("contacts:contact", args=[twin.pk]), twin)
    if twin.archived_at:
        words = gettext("The number is in the archive: {}. Bring the contact back from there.")
    else:
        words = gettext("There is a contact with this number already: {}")
    return format_html(words, link)


def _initial(contact: Contact, member: User) -> dict[str, object]:
    groups = contact.groups.filter(pk__in=joinable_groups(member))
    return {
        "surname": contact.surname,
        "given_name": contact.given_name,
        "patronymic": contact.patronymic,
        "phone": contact.phone_display,
        "note": contact.note,
        "groups": list(groups.values_list("pk", flat=True)),
        **{f"field_{pk}": value for pk, value in contact.field_values.items()},
    }
