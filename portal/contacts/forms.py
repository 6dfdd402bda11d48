from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation
from portal.contacts.models import Contact, Group
from portal.core.explain import explain
from sms.phone import PhoneRefused, normalise


class ContactForm(forms.Form):
    """``phone`` comes out as E.164 digits of a country that the organisation sends to."""

    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=64,
        help_text=_("In any spelling, for example +7 921 000-00-00 or 8 (921) 000-00-00."),
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"},
        ),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        help_text=_("For your colleagues; it is never sent."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    groups = forms.ModelMultipleChoiceField(
        label=_("Groups"),
        queryset=Group.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self, data: QueryDict | None, *, organisation: Organisation, contact: Contact | None = None
    ) -> None:
        super().__init__(data, initial=_initial(contact) if contact else None)
        self.organisation = organisation
        self.contact = contact
        own = Group.objects.filter(organisation=organisation).order_by("name")
        self.fields["groups"].queryset = own  # type: ignore[attr-defined]

    def clean_phone(self) -> str:
        try:
            phone = normalise(
                self.cleaned_data["phone"], countries=self.organisation.allowed_countries
            )
        except PhoneRefused as refusal:
            raise forms.ValidationError(explain(refusal)) from None
        if twin := self._twin(phone):
            raise forms.ValidationError(_leading_to(twin))
        return phone

    def _twin(self, phone: str) -> Contact | None:
        """Another contact that has the number."""
        holder = Contact.objects.of(self.organisation).filter(phone=phone).first()
        return None if holder == self.contact else holder

    @property
    def has_foreign_group(self) -> bool:
        """A group was named that is deleted, or another organisation's, or none at all."""
        return self.has_error("groups", "invalid_choice") or self.has_error(
            "groups", "invalid_pk_value"
        )


class GroupForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("group", "Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _leading_to(twin: Contact) -> str:
    link = format_html('<a href="{}">{}</a>', reverse("contacts:edit", args=[twin.pk]), twin.name)
    return format_html(gettext("There is a contact with this number already: {}"), link)


def _initial(contact: Contact) -> dict[str, object]:
    return {
        "name": contact.name,
        "phone": contact.phone_display,
        "note": contact.note,
        "groups": list(contact.groups.values_list("pk", flat=True)),
    }
