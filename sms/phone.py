"""Phone numbers as people write them, made E.164 digits (readings 8 and 10 of the wire format)."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

from sms.refusal import Refusal

MAX_DIGITS = 15
_MAX_SPELLING = 64
_SHOWN = 40
_LONG_DISTANCE_EIGHT = frozenset({"RU", "KZ"})

# The usual Russian spellings, 40 times faster than libphonenumber. It knows gaps only among the
# codes 93x, so those take the slow road.
_RUSSIAN = re.compile(
    r"(?:(?:\+?7|8)[ -]?)?\(?(9[0-24-9][0-9])\)?[ -]?([0-9]{3})[ -]?([0-9]{2})[ -]?([0-9]{2})"
)
_RUSSIAN_MOBILE = re.compile(r"7(9[0-9]{2})([0-9]{3})([0-9]{2})([0-9]{2})")
_EXTENSION = re.compile(
    r"[0-9)][ .,;-]*(?:;ext=|extension|ext|доб(?:авочный)?|[x#хX])[ .:=]*[0-9]{1,7}\Z",
    re.IGNORECASE,
)
# The plus stands between two runs of the same characters: optional by itself, without the second
# run, it would have every way of parting them tried.
_SPELLING = re.compile(r"[ (]*(?:\+[ (]*)?[0-9][0-9 ().\-/]*")
_EXTENSION_AHEAD = r"(?!\s*(?:ext|доб|isub|phone-context))"
_SEPARATOR = re.compile(
    rf"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029\t]|[,;]{_EXTENSION_AHEAD}", re.IGNORECASE
)
_FULL_NUMBER_DIGITS = 10
# Emergency and service numbers have fewer; no number to send to is as short.
_FEWEST_DIGITS = 5
# Digits that a Russian number has after its 7 or 8, and how many more still look like a slip.
_RUSSIAN_DIGITS = 10
_SLIP = 2


class PhoneFault(StrEnum):
    EMPTY = "empty"
    LETTERS = "letters"
    FOREIGN_DIGITS = "foreign_digits"
    EXTENSION = "extension"
    DOUBLED = "doubled"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_A_NUMBER = "not_a_number"
    COUNTRY_NOT_ALLOWED = "country_not_allowed"
    NOT_MOBILE = "not_mobile"
    INVALID = "invalid"


_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_FAULT_BY_LENGTH = {
    ValidationResult.TOO_SHORT: PhoneFault.TOO_SHORT,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: PhoneFault.TOO_SHORT,
    ValidationResult.TOO_LONG: PhoneFault.TOO_LONG,
}
_LENGTH_TO_JUDGE = frozenset({PhoneFault.TOO_SHORT, PhoneFault.TOO_LONG, PhoneFault.INVALID})


class PhoneRefused(Refusal):
    """`data`: `raw`, the input as it came, trimmed to 40 characters. With LETTERS also `letter`,
    the first of them. With TOO_SHORT and TOO_LONG, where a Russian number is meant, also `digits`,
    how many there are, and `expected`, how many there should be.
    """

    subject = "phone number"
    code: PhoneFault


@dataclass(frozen=True)
class RefusedNumber:
    """`data` as in `PhoneRefused`."""

    raw: str
    fault: PhoneFault
    data: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class NumbersRead:
    """`numbers` are unique MSISDN in the order first seen, `merged` how many repeats were left out,
    `refused` what could not be read, in order, with the reason of each."""

    numbers: tuple[str, ...]
    merged: int
    refused: tuple[RefusedNumber, ...]


def normalise(raw: str, *, countries: Collection[str] = ("RU",)) -> str:
    """The mobile number as E.164 digits without a plus: `8 (921) 000-00-00` → `79210000000`.

    `countries` are ISO 3166 codes of the countries allowed. A leading 8 and a bare ten-digit 9…
    are read the Russian way where Russia is among them. Raises PhoneRefused.
    """
    if "RU" in countries and (usual := usual_russian(raw)):
        return usual
    spelling = _tidied(raw)
    shown = raw.strip()[:_SHOWN]
    fault = _spelling_fault(spelling)
    if fault is PhoneFault.LETTERS:
        raise PhoneRefused(fault, raw=shown, letter=next(filter(str.isalpha, spelling)))
    if fault is not None:
        raise PhoneRefused(fault, raw=shown)
    result = _read_digits(spelling, countries)
    if not isinstance(result, PhoneFault):
        return result
    slip = _russian_slip(spelling, result) if "RU" in countries else {}
    raise PhoneRefused(_named_fault(spelling, result, countries, slip), raw=shown, **slip)


def read_numbers(text: str, *, countries: Collection[str] = ("RU",)) -> NumbersRead:
    """Reads numbers from pasted text: one a line, or parted by commas, semicolons or tabs.

    Numbers parted by spaces alone are told apart only where every word is a full number.
    """
    seen: dict[str, None] = {}
    merged = 0
    refused: list[RefusedNumber] = []
    for result in read_pieces(text, countries=countries):
        if isinstance(result, RefusedNumber):
            refused.append(result)
        elif result in seen:
            merged += 1
        else:
            seen[result] = None
    return NumbersRead(tuple(seen), merged, tuple(refused))


def read_pieces(
    text: str, *, countries: Collection[str] = ("RU",)
) -> Iterator[str | RefusedNumber]:
    """The same one by one, every mention on its own: an MSISDN, or why a piece is none."""
    for piece in _SEPARATOR.split(text):
        if not piece or piece.isspace():
            continue
        whole = _read_piece(piece, countries)
        if isinstance(whole, RefusedNumber) and _words_are_full_numbers(piece):
            yield from (_read_piece(word, countries) for word in piece.split())
        else:
            yield whole


def display(msisdn: str) -> str:
    """The number as people read it, in its country's international spelling: `+7 921 000-00-00`."""
    if match := _RUSSIAN_MOBILE.fullmatch(msisdn):
        code, first, second, third = match.groups()
        return f"+7 {code} {first}-{second}-{third}"
    try:
        number = phonenumbers.parse("+" + msisdn, None)
    except NumberParseException:
        return "+" + msisdn
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def usual_russian(raw: str) -> str:
    """The same of a Russian mobile number in a usual spelling; "" for whatever else."""
    match = _RUSSIAN.fullmatch(raw)
    return "7" + "".join(match.groups()) if match else ""


def _tidied(raw: str) -> str:
    """Typographic spaces and dashes made plain, and what cannot be seen left out."""
    folded = []
    for character in raw.strip():
        category = unicodedata.category(character)
        if category == "Zs":
            folded.append(" ")
        elif category == "Pd" or character == "\u2212":
            folded.append("-")
        elif category != "Cf":
            folded.append(character)
    return "".join(folded).strip()


def _spelling_fault(spelling: str) -> PhoneFault | None:
    if not spelling:
        return PhoneFault.EMPTY
    if any(character.isnumeric() and not character.isascii() for character in spelling):
        return PhoneFault.FOREIGN_DIGITS
    if _EXTENSION.search(spelling):
        return PhoneFault.EXTENSION
    if any(character.isalpha() for character in spelling):
        return PhoneFault.LETTERS
    if spelling.count("+") > 1:
        return PhoneFault.DOUBLED
    if not _SPELLING.fullmatch(spelling):
        return PhoneFault.NOT_A_NUMBER
    return PhoneFault.TOO_LONG if len(spelling) > _MAX_SPELLING else None


def _read_digits(spelling: str, countries: Collection[str]) -> str | PhoneFault:
    digits = _digits(spelling)
    readings = [digits] if "+" in spelling else _local_readings(digits, countries)
    results = [_judge(reading, countries) for reading in readings]
    for result in results:
        if not isinstance(result, PhoneFault):
            return result
    if len(digits) > MAX_DIGITS and _is_two_numbers(digits, countries):
        return PhoneFault.DOUBLED
    return results[0]


def _named_fault(
    spelling: str, fault: PhoneFault, countries: Collection[str], slip: Mapping[str, int]
) -> PhoneFault:
    """The fault as a person would name it who wrote the number the Russian way."""
    if slip:
        is_short = slip["digits"] < slip["expected"]
        return PhoneFault.TOO_SHORT if is_short else PhoneFault.TOO_LONG
    digits = _digits(spelling)
    if len(digits) < _FEWEST_DIGITS:
        return PhoneFault.NOT_A_NUMBER
    return PhoneFault.NOT_MOBILE if _is_russian_fixed_line(spelling, countries) else fault


def _russian_slip(spelling: str, fault: PhoneFault) -> dict[str, int]:
    """`digits` and `expected` where the digits begin as a Russian number but are too few or many.

    A number of another country (COUNTRY_NOT_ALLOWED) is none: it is whole.
    """
    digits = _digits(spelling)
    is_mobile = digits.startswith(("79", "89"))
    if fault not in _LENGTH_TO_JUDGE or (len(digits) < _FEWEST_DIGITS and not is_mobile):
        return {}
    if not is_mobile and _is_russian_fixed_line(spelling, ("RU",)):
        return {}
    if digits[0] == "7" or (digits[0] == "8" and "+" not in spelling):
        expected = _RUSSIAN_DIGITS + 1
    elif digits[0] == "9" and "+" not in spelling:
        expected = _RUSSIAN_DIGITS
    else:
        return {}
    if len(digits) == expected or len(digits) > expected + _SLIP:
        return {}
    return {"digits": len(digits), "expected": expected}


def _is_russian_fixed_line(spelling: str, countries: Collection[str]) -> bool:
    """Whether the digits are a Russian number without its 7 or 8 that takes no SMS."""
    digits = _digits(spelling)
    if "RU" not in countries or "+" in spelling or len(digits) != _RUSSIAN_DIGITS:
        return False
    return _judge("7" + digits, ("RU",)) is PhoneFault.NOT_MOBILE


def _local_readings(digits: str, countries: Collection[str]) -> list[str]:
    """What digits without a plus may mean, likeliest first."""
    if len(digits) == 11 and digits[0] == "8" and not _LONG_DISTANCE_EIGHT.isdisjoint(countries):
        return ["7" + digits[1:], digits]
    if len(digits) == 10 and digits[0] == "9" and "RU" in countries:
        return ["7" + digits, digits]
    return [digits]


def _judge(digits: str, countries: Collection[str]) -> str | PhoneFault:
    if len(digits) > MAX_DIGITS:
        return PhoneFault.TOO_LONG
    try:
        number = phonenumbers.parse("+" + digits, None)
    except NumberParseException as error:
        too_short = error.error_type == NumberParseException.TOO_SHORT_NSN
        return PhoneFault.TOO_SHORT if too_short or len(digits) < 7 else PhoneFault.INVALID
    # libphonenumber drops a national prefix after the country code; we never drop a digit.
    if phonenumbers.format_number(number, PhoneNumberFormat.E164) != "+" + digits:
        return PhoneFault.TOO_LONG
    if not phonenumbers.is_valid_number(number):
        return _why_invalid(number)
    if phonenumbers.region_code_for_number(number) not in countries:
        return PhoneFault.COUNTRY_NOT_ALLOWED
    return digits if phonenumbers.number_type(number) in _MOBILE else PhoneFault.NOT_MOBILE


def _why_invalid(number: PhoneNumber) -> PhoneFault:
    reason = phonenumbers.is_possible_number_for_type_with_reason
    length = reason(number, PhoneNumberType.MOBILE)
    return _FAULT_BY_LENGTH.get(length, PhoneFault.INVALID)


def _is_two_numbers(digits: str, countries: Collection[str]) -> bool:
    cuts = range(max(7, len(digits) - MAX_DIGITS), min(MAX_DIGITS, len(digits) - 7) + 1)
    return any(
        _is_number(digits[:cut], countries) and _is_number(digits[cut:], countries) for cut in cuts
    )


def _is_number(raw: str, countries: Collection[str]) -> bool:
    readings = _local_readings(raw, countries)
    return any(not isinstance(_judge(reading, countries), PhoneFault) for reading in readings)


def _read_piece(piece: str, countries: Collection[str]) -> str | RefusedNumber:
    try:
        return normalise(piece.strip(), countries=countries)
    except PhoneRefused as refused:
        return RefusedNumber(piece.strip()[:_SHOWN], refused.code, refused.data)


def _words_are_full_numbers(piece: str) -> bool:
    """No spelling of one number has two words of ten digits, so this parts without guessing."""
    words = piece.split()
    return len(words) > 1 and all(len(_digits(word)) >= _FULL_NUMBER_DIGITS for word in words)


def _digits(spelling: str) -> str:
    return "".join(character for character in spelling if "0" <= character <= "9")
