"""When approval is wanted, and the word of who returns a mailing."""

from typing import Any

from django import forms
from django.forms.models import model_to_dict
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.core.money import SYMBOLS
from portal.messaging.approvals.services import LONGEST_WORD
from portal.messaging.models import ApprovalRules

LONGEST_FRESHNESS = 365
MOST_RECIPIENTS = 10_000_000


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class RulesForm(forms.Form):
    """``cleaned_data`` is what ``approval_rules_set`` takes; an empty field is no rule."""

    above_recipients = forms.IntegerField(
        label=_("It goes to more recipients than"),
        min_value=0,
        max_value=MOST_RECIPIENTS,
        required=False,
        help_text=_("0: everything that is sent needs approval."),
    )
    above_cost = forms.DecimalField(min_value=0, max_digits=12, decimal_places=2, required=False)
    on_first_use = forms.BooleanField(
        label=_("Nothing was sent under its sender name yet"), required=False
    )
    outside_from = forms.TimeField(label=_("It leaves between"), required=False, widget=_clock())
    outside_until = forms.TimeField(
        label=pgettext_lazy("end of hours", "and"), required=False, widget=_clock()
    )
    fresh_import_days = forms.IntegerField(
        label=_("It goes to people from a file that came within so many days"),
        min_value=1,
        max_value=LONGEST_FRESHNESS,
        required=False,
        help_text=_("Imported contacts and rows of spreadsheets."),
    )

    def __init__(self, data: QueryDict | None, *, rules: ApprovalRules) -> None:
        super().__init__(data, initial=model_to_dict(rules))
        organisation = rules.organisation
        symbol = SYMBOLS.get(organisation.currency, organisation.currency)
        self.fields["above_cost"].label = _("It costs more than, %(currency)s") % {
            "currency": symbol
        }
        self.fields["outside_until"].help_text = _(
            "By the clocks of %(zone)s; over midnight too: 21:00 and 08:00."
        ) % {"zone": organisation.time_zone}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        begin, end = cleaned.get("outside_from"), cleaned.get("outside_until")
        if begin and begin == end:
            self.add_error("outside_until", _("Choose another time than that of the beginning."))
        missing = "outside_until" if begin else "outside_from"
        if (begin is None) != (end is None) and missing not in self.errors:
            self.add_error(missing, _("Hours need both a beginning and an end."))
        return cleaned


class WordForm(forms.Form):
    """What whoever returns a mailing tells its author."""

    word = forms.CharField(
        label=_("Word to the author"),
        required=False,
        max_length=LONGEST_WORD,
        help_text=_("Needed where you return it: what should be changed."),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
