from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.contacts.models import Group


class GroupForm(forms.Form):
    """``is_own`` is asked of a new group alone: whose a group is stays."""

    name = forms.CharField(
        label=pgettext_lazy("group", "Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_own = forms.BooleanField(
        label=_("My own: nobody else sees it, and it may have my own contacts"), required=False
    )

    def __init__(self, data: QueryDict | None, *, group: Group | None = None) -> None:
        initial: dict[str, Any] = {"name": group.name} if group else {}
        super().__init__(data, initial=initial)
        if group:
            del self.fields["is_own"]
