from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from portal.messaging.models import Sheet
from sms.placeholders import LONGEST_NAME


class SheetColumnsForm(forms.Form):
    """Which column holds the numbers, and what each is called in the text (``name-0`` and so on).
    Whether names may be so is the service's to say."""

    def __init__(
        self, data: QueryDict | None, *, sheet: Sheet, headings: Mapping[int, str]
    ) -> None:
        super().__init__(data)
        self._width = len(sheet.columns)
        choices = [(str(at), headings[at]) for at in range(self._width)]
        known = "" if sheet.phone_column is None else str(sheet.phone_column)
        self.fields["phone_column"] = forms.ChoiceField(
            label=_("Phone numbers are in"),
            required=False,
            choices=[("", _("— choose the column —")), *choices],
            initial=known,
        )
        for at, name in enumerate(sheet.columns):
            self.fields[f"name-{at}"] = forms.CharField(
                label=_("Name in the text of column “%(heading)s”") % {"heading": headings[at]},
                required=False,
                max_length=LONGEST_NAME,
                initial=name,
                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            )

    @cached_property
    def names(self) -> list[str]:
        return [" ".join(self._cleaned(f"name-{at}").split()) for at in range(self._width)]

    @property
    def chosen_phone_column(self) -> int | None:
        chosen = self._cleaned("phone_column")
        return int(chosen) if chosen else None

    def put_on(self, sheet: Sheet) -> None:
        """As far as it could be read, without saving: for a look at the rows."""
        sheet.columns, sheet.phone_column = self.names, self.chosen_phone_column

    def _cleaned(self, field: str) -> str:
        cleaned: dict[str, Any] = self.cleaned_data
        return str(cleaned.get(field) or "")
