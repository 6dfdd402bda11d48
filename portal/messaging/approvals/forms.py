"""When approval is wanted, and the word of who returns a mailing."""

from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import Organisation
from portal.core.money import SYMBOLS
from portal.messaging.approvals.services import LONGEST_WORD
from portal.messaging.models import ApprovalRules

LONGEST_FRESHNESS = 365
MOST_RECIPIENTS = 10_000_000


class RulesForm(forms.ModelForm[ApprovalRules]):
    """``cleaned_data`` is what ``approval_rules_set`` takes; an empty field is no rule."""

    class Meta:
        model = ApprovalRules
        fields: ClassVar = [
            "above_recipients",
            "above_cost",
            "on_first_use",
            "outside_from",
            "outside_until",
            "fresh_import_days",
        ]
        labels: ClassVar = {
            "above_recipients": _("It goes to more recipients than"),
            "on_first_use": _("Nothing was sent under its sender name yet"),
            "outside_from": _("It leaves between"),
            "outside_until": pgettext_lazy("end of hours", "and"),
            "fresh_import_days": _("It goes to people from a file that came within so many days"),
        }
        help_texts: ClassVar = {
            "above_recipients": _("0: everything that is sent needs approval."),
            "fresh_import_days": _("Imported contacts and rows of spreadsheets."),
        }
        widgets: ClassVar = {
            "outside_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "outside_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        symbol = SYMBOLS.get(organisation.currency, organisation.currency)
        self.fields["above_cost"].label = _("It costs more than, %(currency)s") % {
            "currency": symbol
        }
        self.fields["outside_until"].help_text = _(
            "By the clocks of %(zone)s; over midnight too: 21:00 and 08:00."
        ) % {"zone": organisation.time_zone}
        for name, most in (
            ("above_recipients", MOST_RECIPIENTS),
            ("fresh_import_days", LONGEST_FRESHNESS),
        ):
            self._bound(name, most)

    def _bound(self, name: str, most: int) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.IntegerField)
        field.validators.append(MaxValueValidator(most))
        field.widget.attrs["max"] = most

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
