from django import forms
from django.utils.translation import gettext_lazy as _

from portal.core.explain import explain
from sms.sender import SenderRefused, check_sender


class SenderNameForm(forms.Form):
    # Not stripped: a space at either end is refused by its own reason.
    value = forms.CharField(
        label=_("Sender name"),
        max_length=64,
        strip=False,
        help_text=_(
            "Up to 11 Latin letters, digits, inner spaces and . - _ & + ! / with at least one "
            "letter; or up to 15 digits. Capitals matter: write it exactly as people should "
            "see it."
        ),
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
