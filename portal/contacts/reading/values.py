"""Values of an organisation's own fields as files write them, made what a contact keeps."""

import re
from datetime import date, timedelta

from portal.contacts.reading.faults import Fault, FaultCode
from portal.contacts.reading.limits import LONGEST_VALUE
from portal.contacts.reading.wording import cleaned, control_fault

DATE = "date"
NUMBER = "number"
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_LOCAL = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})")
_TIME = re.compile(r"[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?Z?\Z")
# Five digits: a year is no date. From 1927 to 2173.
_SERIAL = re.compile(r"([1-9][0-9]{4})(?:[.,][0-9]+)?")
_DAY_BEFORE_FIRST = date(1899, 12, 30)
_EARLIEST_YEAR = 1000
_NUMBER = re.compile(r"([+-]?)([0-9]{1,15})(?:[.,]([0-9]{1,9}))?")
_GAPS = re.compile(r"[ \u00a0\u2009\u202f]")
_SHOWN = 40


def read_value(kind: str, cell: str) -> str | Fault:
    """ "" for nothing; a Fault has no column yet. ``kind``: text, date or number.

    Dates: ISO 8601, day.month.year with points, slashes or dashes, or Excel's serial number; a time
    of the day after them is left out. Numbers: with a point or comma, spaces between thousands.
    """
    text = cleaned(cell)
    if not text:
        return ""
    if kind == DATE:
        return _date(text) or Fault(FaultCode.NOT_A_DATE, data={"raw": text[:_SHOWN]})
    if kind == NUMBER:
        return _number(text) or Fault(FaultCode.NOT_A_NUMBER, data={"raw": text[:_SHOWN]})
    if len(text) > LONGEST_VALUE:
        return Fault(FaultCode.TOO_LONG, data={"limit": LONGEST_VALUE})
    return control_fault(text) or text


def _date(text: str) -> str:
    text = _TIME.sub("", text)
    if match := _ISO.fullmatch(text):
        year, month, day = match.groups()
    elif match := _LOCAL.fullmatch(text):
        day, month, year = match.groups()
    elif match := _SERIAL.fullmatch(text):
        return (_DAY_BEFORE_FIRST + timedelta(days=int(match[1]))).isoformat()
    else:
        return ""
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return ""
    return found.isoformat() if found.year >= _EARLIEST_YEAR else ""


def _number(text: str) -> str:
    match = _NUMBER.fullmatch(_GAPS.sub("", text).replace("\u2212", "-"))
    if match is None:
        return ""
    sign, whole, fraction = match.groups()
    digits = f"{int(whole)}.{fraction or '0'}".rstrip("0").rstrip(".")
    return "-" + digits if sign == "-" and digits != "0" else digits
