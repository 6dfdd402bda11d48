from collections.abc import Collection
from typing import ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation
from portal.contacts.models import StopListEntry
from portal.core.admin_pages import RefusableForm
from portal.core.explain import explain_phone
from sms.phone import NumbersRead, RefusedNumber, read_numbers

LONGEST_PASTE = 100_000
MOST_PASTED = 5_000
MOST_NAMED = 20
LONGEST_REASON = 200


class StopListForm(forms.Form):
    """``numbers`` come out as E.164 digits, each once, of countries that the organisation sends to.
    Where one is bad nothing is taken, and each bad one is named with its own reason."""

    numbers = forms.CharField(
        label=_("Numbers"),
        max_length=LONGEST_PASTE,
        help_text=_("One or many, in any spelling: one a line, or with commas between them."),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        required=False,
        help_text=_("Colleagues see it where the number is skipped."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self, data: QueryDict | None, *, organisation: Organisation, numbers: str = ""
    ) -> None:
        """``numbers``: what an empty form begins with."""
        super().__init__(data, initial={"numbers": numbers[:LONGEST_PASTE]})
        self._organisation = organisation

    def clean_numbers(self) -> NumbersRead:
        read = _all_read(self.cleaned_data["numbers"], self._organisation.allowed_countries)
        if len(read.numbers) > MOST_PASTED:
            words = gettext("These are more than %(most)s numbers. Import them from a file.")
            raise forms.ValidationError(words % {"most": MOST_PASTED})
        return read


class StopListRemoveForm(forms.Form):
    reason = forms.CharField(
        label=_("Why may the number be sent to again?"),
        max_length=LONGEST_REASON,
        help_text=_("The reason is kept in the audit trail."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PlatformStopForm(RefusableForm):
    """Numbers that nobody on the platform sends to, of any country that some organisation sends
    to: as ``StopListForm`` takes them."""

    numbers = forms.CharField(
        label=_("Numbers"),
        max_length=LONGEST_PASTE,
        help_text=_("One or many, in any spelling: one a line, or with commas between them."),
        widget=forms.Textarea(attrs={"rows": 6, "cols": 40, "autocomplete": "off"}),
    )

    class Meta:
        model = StopListEntry
        fields = ("reason",)
        labels: ClassVar = {"reason": _("Reason")}
        help_texts: ClassVar = {
            "reason": _(
                "Members of every organisation that has the number among its contacts, writes to "
                "it or asks for it see the reason."
            )
        }

    def clean_numbers(self) -> NumbersRead:
        read = _all_read(self.cleaned_data["numbers"], _countries())
        if len(read.numbers) > MOST_PASTED:
            words = gettext("These are more than %(most)s numbers. Add them in parts.")
            raise forms.ValidationError(words % {"most": MOST_PASTED})
        return read


def _all_read(text: str, countries: Collection[str]) -> NumbersRead:
    """Raises ``ValidationError`` that names each bad number, and where there is none at all."""
    read = read_numbers(text, countries=countries)
    if read.refused:
        raise forms.ValidationError(_explained(read.refused))
    if not read.numbers:
        raise forms.ValidationError(gettext("Write a number."))
    return read


def _countries() -> set[str]:
    allowed = Organisation.objects.values_list("allowed_countries", flat=True).distinct()
    return {country for countries in allowed for country in countries}


def _explained(refused: tuple[RefusedNumber, ...]) -> list[str]:
    lines = [f"{one.raw}: {explain_phone(one.fault, one.data)}" for one in refused[:MOST_NAMED]]
    if more := len(refused) - len(lines):
        lines.append(gettext("and %(count)s more") % {"count": more})
    return lines
