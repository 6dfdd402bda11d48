from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.core.errors import Refused
from portal.messaging.composing.fields import LongTextField
from portal.messaging.forms import MOST_TEXT_CHARACTERS
from portal.messaging.message_templates.text import check_template_text
from portal.messaging.models import Template


class TemplateForm(forms.Form):
    """``is_own`` is asked of a new template alone, and of who could make either: whose a template
    is stays, and senders make their own."""

    name = forms.CharField(
        label=pgettext_lazy("template", "Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_own = forms.BooleanField(label=_("My own: nobody else sees it"), required=False)
    text = LongTextField(
        label=_("Text"),
        most=MOST_TEXT_CHARACTERS,
        too_long=_("The text has %(show_value)s characters; at most %(limit_value)s fit."),
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off"}),
    )

    def __init__(
        self, data: QueryDict | None, *, member: User, template: Template | None = None
    ) -> None:
        initial: dict[str, Any] = {}
        if template:
            initial = {"name": template.name, "text": template.text}
        super().__init__(data, initial=initial)
        self.member = member
        self._makes_own = not member.may(Right.EDIT_TEMPLATES)
        if template or self._makes_own:
            del self.fields["is_own"]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_text(self) -> str:
        try:
            return check_template_text(self.member, self.cleaned_data["text"])
        except Refused as refused:
            raise forms.ValidationError(str(refused.message)) from None

    @property
    def is_for_oneself(self) -> bool:
        """Of a valid form for a new template."""
        return self._makes_own or bool(self.cleaned_data["is_own"])
