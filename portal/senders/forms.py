from typing import cast

from django import forms
from django.utils.functional import lazy
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.core.explain import explain
from portal.senders.models import SenderName
from sms.sender import SenderRefused, check_sender


class LimitForm(forms.Form):
    members = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=_("Only for"),
        required=False,
        help_text=_("Members who may send under it; nobody chosen: all who may send."),
        widget=forms.CheckboxSelectMultiple,
    )

    def fit(self, sender_name: SenderName) -> None:
        """Offer the organisation's members, with those chosen who are."""
        choice = cast("forms.ModelMultipleChoiceField[User]", self.fields["members"])
        choice.queryset = User.objects.filter(organisation=sender_name.organisation_id)
        choice.initial = sender_name.limited_to.all()


_RULES = (
    _("Up to 11 characters: Latin letters, digits, spaces inside and . - _ & + ! /"),
    _("At least one letter; or digits alone, up to 15."),
    _("Capitals matter: write it exactly as people should see it."),
)


def _rules_listed() -> str:
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((r,) for r in _RULES)))


class SenderNameForm(forms.Form):
    # Not stripped: a space at either end is refused by its own reason.
    value = forms.CharField(
        label=_("Sender name"),
        max_length=64,
        strip=False,
        help_text=lazy(_rules_listed, str)(),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        ),
    )

    def clean_value(self) -> str:
        value: str = self.cleaned_data["value"]
        try:
            return check_sender(value)
        except SenderRefused as refusal:
            raise forms.ValidationError(explain(refusal)) from None
