"""Numbers as spreadsheets hold them."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import NamedTuple

import phonenumbers

from portal.contacts.reading.faults import Fault, FaultCode, Repair
from sms.phone import PhoneFault, PhoneRefused, normalise

_FLOAT = re.compile(r"\s*([0-9]{5,15})[.,]0+\s*")
_EXPONENT = re.compile(r"\s*([0-9])(?:[.,]([0-9]{1,20}))?[EЕ]\+?([0-9]{1,2})\s*", re.IGNORECASE)
_NOT_DIGITS = re.compile(r"[^0-9]+")
_DIGITS = re.compile(r"[0-9]{5,15}")
_BETWEEN_NUMBERS = re.compile(r"[,;/\\|\r\n]| и | или | or | and ")
# By the first character of a usual Russian spelling.
_RUSSIAN_REPAIRS: Mapping[str, tuple[Repair, ...]] = {
    "+": (),
    "7": (),
    "8": (Repair.LEADING_EIGHT,),
    "9": (Repair.TEN_DIGITS,),
    "(": (Repair.TEN_DIGITS,),
}
_MOST_SHOWN = 5
_SHOWN = 40
_MAY_HAVE_LOST_START = frozenset(
    {PhoneFault.TOO_SHORT, PhoneFault.INVALID, PhoneFault.NOT_A_NUMBER, PhoneFault.NOT_MOBILE}
)


class PhoneRead(NamedTuple):
    """``phone``: E.164 digits, "" for an empty cell."""

    phone: str
    repairs: tuple[Repair, ...] = ()


NO_PHONE = PhoneRead("")


def read_phone(cell: str, *, countries: Collection[str]) -> PhoneRead | Fault:
    """The number of a cell with what it was read in spite of; a Fault has no column yet."""
    if not cell or cell.isspace():
        return NO_PHONE
    if cell[0] == "'":  # how one tells Excel that digits are a text
        return read_phone(cell.lstrip("'"), countries=countries)
    if whole := _FLOAT.fullmatch(cell):
        return _as_digits(whole[1], cell, Repair.EXCEL_FLOAT, countries)
    if spoilt := _EXPONENT.fullmatch(cell):
        digits = _all_digits(*spoilt.groups())
        if not digits:
            return Fault(FaultCode.EXCEL_LOST_DIGITS, data={"raw": cell.strip()})
        return _as_digits(digits, cell, Repair.EXCEL_EXPONENT, countries)
    try:
        phone = normalise(cell, countries=countries)
    except PhoneRefused as refused:
        return _fault(refused, cell, countries)
    return PhoneRead(phone, _repairs(cell, phone))


def russian_repairs(cell: str) -> tuple[Repair, ...]:
    """Of a cell that ``sms.phone.usual_russian`` has read."""
    return _RUSSIAN_REPAIRS[cell[0]]


def _as_digits(
    digits: str, cell: str, repair: Repair, countries: Collection[str]
) -> PhoneRead | Fault:
    try:
        phone = normalise(digits, countries=countries)
    except PhoneRefused as refused:
        return _fault(refused, cell, countries)
    return PhoneRead(phone, (repair, *_repairs(digits, phone)))


def _all_digits(first: str, rest: str | None, exponent: str) -> str:
    """The digits of ``7.9210000000E+10``; "" where some of them are gone."""
    places, digits = int(exponent), rest or ""
    is_whole = len(digits) >= places and not digits[places:].strip("0")
    return first + digits[:places] if is_whole else ""


def _repairs(cell: str, phone: str) -> tuple[Repair, ...]:
    digits = _NOT_DIGITS.sub("", cell)
    repairs: list[Repair] = []
    if digits != phone:
        repairs.append(Repair.LEADING_EIGHT if digits[0] == "8" else Repair.TEN_DIGITS)
    elif phone[0] != "7" and "+" not in cell:
        repairs.append(Repair.LOST_PLUS)
    if not cell.isascii() and any(unicodedata.category(each) == "Cf" for each in cell):
        repairs.append(Repair.INVISIBLE)
    return tuple(repairs)


def _fault(refused: PhoneRefused, cell: str, countries: Collection[str]) -> Fault:
    if several := _several(cell, refused.code, countries):
        return Fault(FaultCode.SEVERAL_PHONES, data={"phones": several})
    digits = cell.strip()
    if (
        refused.code in _MAY_HAVE_LOST_START
        and _DIGITS.fullmatch(digits)
        and _is_national(digits, countries)
    ):
        return Fault(FaultCode.EXCEL_LOST_START, data={"raw": digits})
    data = {"phone_fault": refused.code.value, **refused.data}
    return Fault(FaultCode.PHONE, data=data)


def _several(cell: str, fault: PhoneFault, countries: Collection[str]) -> list[str]:
    """Each number of a cell that holds more than one, else none."""
    if fault is PhoneFault.DOUBLED:
        return [cell.strip()[:_SHOWN]]
    pieces = [piece.strip() for piece in _BETWEEN_NUMBERS.split(cell[:1000]) if piece.strip()]
    if len(pieces) == 1:
        return []
    numbers = [piece[:_SHOWN] for piece in pieces if _is_number(piece, countries)]
    return numbers[:_MOST_SHOWN] if len(numbers) > 1 else []


def _is_number(piece: str, countries: Collection[str]) -> bool:
    try:
        normalise(piece, countries=countries)
    except PhoneRefused:
        return False
    return True


def _is_national(digits: str, countries: Collection[str]) -> bool:
    """Whether the digits are a number of an allowed country without its first zero or code."""
    for country in countries:
        try:
            number = phonenumbers.parse(digits, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number_for_region(number, country) and _is_mobile(number):
            return True
    return False


def _is_mobile(number: phonenumbers.PhoneNumber) -> bool:
    return phonenumbers.number_type(number) in (
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    )
