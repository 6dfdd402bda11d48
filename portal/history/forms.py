"""The filter above the list of messages, and the decision about all uncertain e-mails."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Layout
from django import forms
from django.utils.translation import gettext as _

from portal.delivery.models import State

_DECISIONS = (State.ACCEPTED, State.REJECTED, State.REPLACED)


class HistoryFilterForm(forms.Form):
    """GET form; the fields come from the filter set."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_method = "get"
        self.helper.form_class = "toolbar history-filter"
        self.helper.disable_csrf = True
        self.helper.layout = Layout(*self.fields, Div(HTML(_BUTTON.format(_("Show")))))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("date_from"), cleaned.get("date_to")
        if first and last and first > last:
            self.add_error("date_to", _("The last day is before the first. Choose a later one."))
        return cleaned


class DecideAllForm(forms.Form):
    """What became of a message's uncertain e-mails, and about how many recipients that was
    decided."""

    settled_as = forms.ChoiceField(choices=[(state.value, state.label) for state in _DECISIONS])
    count = forms.IntegerField(min_value=1)


_BUTTON = '<button type="submit" class="btn btn-outline-secondary">{}</button>'
