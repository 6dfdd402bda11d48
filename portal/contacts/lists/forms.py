"""Forms of the list of contacts: what narrows it, and what is done to what it shows."""

from typing import Any
from urllib.parse import parse_qsl

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import User
from portal.contacts.bulk.effects import pickable_groups
from portal.contacts.bulk.services import MOST_AT_ONCE, OF_A_GROUP
from portal.contacts.lists.filters import Whose
from portal.contacts.lists.query import FIELD, ListQuery, list_query
from portal.contacts.models import BulkKind, ContactField, FieldKind, Group


class FilterForm(forms.Form):
    """Its values go into the address as ``ListQuery`` reads them."""

    group = forms.ModelChoiceField(
        label=_("Group"),
        queryset=Group.objects.none(),
        required=False,
        empty_label=pgettext_lazy("any group", "Any"),
    )
    whose = forms.ChoiceField(
        label=_("Who sees them"),
        required=False,
        choices=[
            (Whose.ALL.value, pgettext_lazy("contacts", "All")),
            (Whose.SHARED.value, pgettext_lazy("contacts", "Shared")),
            (Whose.OWN.value, pgettext_lazy("contacts", "My own")),
        ],
    )
    archived = forms.BooleanField(label=_("In the archive"), required=False)
    numberless = forms.BooleanField(label=_("Without a number"), required=False)
    stopped = forms.BooleanField(label=_("On the stop list"), required=False)

    def __init__(self, listed: ListQuery) -> None:
        super().__init__(initial=dict(listed.given), auto_id="filter_%s")
        groups = Group.objects.visible_to(listed.member).order_by("name")
        self.fields["group"].queryset = groups  # type: ignore[attr-defined]
        own = ContactField.objects.filter(organisation=listed.member.organisation_id)
        for field in own:
            self.fields[f"{FIELD}{field.pk}"] = _value_field(field)
        self.order_fields(["group", "whose", *(f"{FIELD}{field.pk}" for field in own)])


def _value_field(field: ContactField) -> forms.CharField:
    widget = forms.DateInput(attrs={"type": "date"}) if field.kind == FieldKind.DATE else None
    return forms.CharField(label=field.name, required=False, max_length=150, widget=widget)


class BulkForm(forms.Form):
    """``chosen``: ids, or ``everything`` that the list of ``listed`` (an address's query) finds.

    A choice of nobody, and an action that needs a group without one, are faults. ``new_group``: the
    name of one to be made for those that are added.
    """

    kind = forms.TypedChoiceField(choices=BulkKind.choices, coerce=BulkKind)
    everything = forms.BooleanField(required=False)
    listed = forms.CharField(required=False, max_length=4000)
    group = forms.ModelChoiceField(
        label=_("Group"), queryset=Group.objects.none(), required=False, empty_label="—"
    )
    new_group = forms.CharField(
        label=_("Or a new group of the name"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_own = forms.BooleanField(
        label=_("The new one is my own: nobody else sees it, and it may have my own contacts"),
        required=False,
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=200,
        help_text=_("For your colleagues, for example: asked not to be written to."),
    )

    def __init__(self, *args: Any, member: User, is_final: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member, self.is_final = member, is_final
        groups = pickable_groups(member).order_by("name")
        self.fields["group"].queryset = groups  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["chosen"] = self._chosen()
        if not cleaned.get("everything") and not cleaned["chosen"]:
            self.add_error(None, _("Choose contacts first."))
        if self.is_final and cleaned.get("kind") in OF_A_GROUP:
            self._refuse_unless_of_one_group(cleaned)
        return cleaned

    def _refuse_unless_of_one_group(self, cleaned: dict[str, Any]) -> None:
        if cleaned["kind"] != BulkKind.ADD_TO_GROUP:
            cleaned["new_group"] = ""
            if not cleaned.get("group"):
                self.add_error("group", _("Choose a group."))
        elif bool(cleaned.get("group")) == bool(cleaned.get("new_group")):
            self.add_error("group", _("Choose a group, or name a new one."))

    @property
    def matching(self) -> ListQuery | None:
        """Of a valid form. Raises ``FilterGone``."""
        if not self.cleaned_data["everything"]:
            return None
        parameters = dict(parse_qsl(self.cleaned_data["listed"]))
        return list_query(self.member, parameters)

    def _chosen(self) -> list[int]:
        raw = self.data.getlist("chosen")[:MOST_AT_ONCE]  # type: ignore[attr-defined]
        if not all(value.isascii() and value.isdecimal() and len(value) < 19 for value in raw):
            raise forms.ValidationError(_("Choose contacts first."))
        return [int(value) for value in raw]
