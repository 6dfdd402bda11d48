"""What the columns of a spreadsheet are called in texts."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from sms.placeholders import LONGEST_NAME, fold_name, is_name

_NO_PART_OF_A_NAME = re.compile(r"[^\w -]+")
# Headings may be texts of many thousand characters.
_LOOKED_AT = 4 * LONGEST_NAME


def names_guessed(headings: Sequence[str]) -> list[str]:
    """From the heading of each column ("" for none) a name that the grammar takes; no two are the
    same."""
    names: list[str] = []
    taken: set[str] = set()
    for number, heading in enumerate(headings, 1):
        name = _fit(heading) or _("column %(number)s") % {"number": number}
        names.append(_untaken(name, taken))
        taken.add(fold_name(names[-1]))
    return names


def _fit(heading: str) -> str:
    """ "" where there is nothing in it to call anything."""
    words = _NO_PART_OF_A_NAME.sub(" ", heading[:_LOOKED_AT]).split()
    name = " ".join(words).strip("-_ ")[: LONGEST_NAME // 2].strip()
    return name if is_name(name) else ""


def _untaken(name: str, taken: set[str]) -> str:
    tried, number = name, 1
    while fold_name(tried) in taken:
        number += 1
        tried = f"{name} {number}"
    return tried
