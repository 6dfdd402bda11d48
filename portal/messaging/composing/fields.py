"""What the compose form is made of."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from sms.placeholders import fold_name, one_line

MOST_PICKED = 300
MOST_DEFAULTS, LONGEST_DEFAULT, LONGEST_NAME = 50, 200, 100
_ID = re.compile(r"[0-9]{1,18}")


class IdsField(forms.Field):
    """Ids as a list of integers; what is no id is left out, as an unknown id would be."""

    widget = hidden_widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[int]:
        ids = [int(raw) for raw in value or () if _ID.fullmatch(str(raw))]
        return list(dict.fromkeys(ids))

    def validate(self, value: list[int]) -> None:
        if len(value) > MOST_PICKED:
            raise forms.ValidationError(
                _("Choose at most %(most)s one by one; put the others into a group.")
                % {"most": MOST_PICKED}
            )


class IdField(forms.Field):
    """One id, None for what is none."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> int | None:
        return int(value) if _ID.fullmatch(str(value or "")) else None


class LongTextField(forms.CharField):
    """Text of many lines with its breaks made ``\\n``, so that each counts once.

    The browser is given no limit: it would cut a pasted text off without a word.
    """

    def __init__(self, *, most: int, too_long: Any, **options: Any) -> None:
        super().__init__(required=False, strip=False, **options)
        self.validators.append(MaxLengthValidator(most, too_long))

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class DefaultsInput(forms.Widget):
    """One input for each placeholder, named ``defaults:`` and the placeholder's name."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> dict[str, str]:
        prefix = f"{name}:"
        written = {
            fold_name(one_line(key.removeprefix(prefix))): one_line(str(data[key]))
            for key in list(data)
            if key.startswith(prefix) and len(key) <= len(prefix) + LONGEST_NAME
        }
        kept = {key: text[:LONGEST_DEFAULT] for key, text in written.items() if key and text}
        return dict(list(kept.items())[:MOST_DEFAULTS])


class DefaultsField(forms.Field):
    """What is put in for placeholders without a value, by their names; blank ones are none."""

    widget = DefaultsInput
