"""Looks of the filter above the list of messages."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Layout
from django import forms
from django.utils.translation import gettext as _


class HistoryFilterForm(forms.Form):
    """GET form; the fields come from the filter set."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_method = "get"
        self.helper.form_class = "toolbar history-filter"
        self.helper.disable_csrf = True
        self.helper.layout = Layout(*self.fields, Div(HTML(_BUTTON.format(_("Show")))))


_BUTTON = '<button type="submit" class="btn btn-outline-secondary">{}</button>'
