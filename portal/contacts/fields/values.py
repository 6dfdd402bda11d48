"""What may be written into an organisation's own fields, and how it is kept."""

import re
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from portal.contacts.models.field import LONGEST_VALUE, FieldKind
from sms.refusal import Refusal

_LOCAL_DATE = "%d.%m.%Y"
_EARLIEST = date(1000, 1, 1)
_NUMBER = re.compile(r"([+-]?)([0-9]{1,15})(?:[.,]([0-9]{1,9}))?")
_GAPS = re.compile(r"[ \u00a0\u2009\u202f]")


class ValueFault(StrEnum):
    TOO_LONG = "too_long"
    NOT_A_DATE = "not_a_date"
    NOT_A_NUMBER = "not_a_number"


class ValueRefused(Refusal):
    """``data``: with TOO_LONG ``limit`` (characters)."""

    subject = "value of a field"
    code: ValueFault


def stored_value(kind: str, written: str) -> str:
    """As ``Contact.field_values`` keeps it, "" for nothing. ``kind``: of ``FieldKind``.

    A date is written as 2026-11-24 or 24.11.2026, a number with a point or a comma, and with
    spaces between thousands. Raises ``ValueRefused``.
    """
    text = " ".join(written.split())
    if not text:
        return ""
    if kind == FieldKind.DATE:
        return _date(text)
    if kind == FieldKind.NUMBER:
        return _number(text)
    if len(text) > LONGEST_VALUE:
        raise ValueRefused(ValueFault.TOO_LONG, limit=LONGEST_VALUE)
    return text


def shown_date(stored: str) -> date | None:
    """The day of a stored date, None where it is none."""
    try:
        return date.fromisoformat(stored)
    except ValueError:
        return None


def _date(text: str) -> str:
    try:
        day = datetime.strptime(text, _LOCAL_DATE).date() if "." in text else _iso(text)
    except ValueError:
        raise ValueRefused(ValueFault.NOT_A_DATE) from None
    if day < _EARLIEST:
        raise ValueRefused(ValueFault.NOT_A_DATE)
    return day.isoformat()


def _iso(text: str) -> date:
    return datetime.strptime(text, "%Y-%m-%d").date()


def _number(text: str) -> str:
    match = _NUMBER.fullmatch(_GAPS.sub("", text).replace("\u2212", "-"))
    if match is None:
        raise ValueRefused(ValueFault.NOT_A_NUMBER)
    sign, whole, fraction = match.groups()
    digits = f"{int(whole)}.{fraction or '0'}".rstrip("0").rstrip(".")
    return f"-{digits}" if sign == "-" and Decimal(digits) else digits
