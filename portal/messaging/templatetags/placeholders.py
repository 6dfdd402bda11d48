from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from portal.contacts.placeholders import Placeholders
from sms.placeholder_filters import FILTERS, RUSSIAN

register = template.Library()

_SAMPLES = {
    "capital": "anna",
    "upper": "Anna",
    "lower": "Anna",
    "date": "2026-11-24",
    "day": "2026-11-24",
    "number": "1234.5",
}


@dataclass(frozen=True)
class Example:
    """How something is written, and what becomes of it."""

    written: str
    says: str


@register.inclusion_tag("messaging/_placeholders.html")
def placeholder_buttons(placeholders: Placeholders, into: str) -> dict[str, Any]:
    """Buttons that put a placeholder into the textarea whose id is ``into``, and what else one may
    say. The page loads portal/placeholders.js."""
    return {"placeholders": placeholders, "into": into, "examples": list(_examples(placeholders))}


def _examples(placeholders: Placeholders) -> Iterator[Example]:
    name = placeholders.every[0].name
    instead = pgettext("instead of a name", "customer")
    yield Example(f"{{{name}|{instead}}}", _("where the value is missing, what follows the line"))
    for english, russian in RUSSIAN.items():
        called = russian if get_language() == "ru" else english
        yield Example(
            f"{{…:{called}}}", f"{_SAMPLES[english]} → {FILTERS[called](_SAMPLES[english])}"
        )
    yield Example("{{ }}", _("the braces themselves"))
