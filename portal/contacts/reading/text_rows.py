"""Pasted text, one person a line, as rows of TEXT_HEADINGS."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import BinaryIO

from portal.contacts.reading.decoding import blocks, fault_of, storable
from portal.contacts.reading.faults import Fault, FaultCode
from portal.contacts.reading.ways import Row

TEXT_HEADINGS = ("Name", "Phone")
_LONGEST_LINE = 2000
_FULL_NUMBER_DIGITS = 10
_PHONE = re.compile(
    # As Excel spoils it; else from a plus, bracket or digit to the last digit.
    r"[0-9](?:[.,][0-9]{1,20})?E\+?[0-9]{1,3}"
    r"|[+(]?[0-9(][0-9() .\u00a0\u202f\u2010-\u2015-]{3,60}[0-9]",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s;,:|]+")


def text_rows(source: BinaryIO, *, encoding: str) -> Iterator[Row]:
    """Lines that are not blank: the number wherever it stands, the rest as the name.

    Several numbers come as one cell, parted by commas.
    """
    number = 0
    for text in blocks(source, encoding):
        for line in StringIO(text, newline=""):
            number += 1
            if not line.isspace():
                yield _row(number, line, encoding)


def _row(number: int, line: str, encoding: str) -> Row:
    fault = fault_of(line, encoding)
    if not fault and len(line) > _LONGEST_LINE:
        fault = Fault(FaultCode.TOO_LONG_ROW, data={"limit": _LONGEST_LINE})
    if fault:
        return Row(number, [storable(line[:_LONGEST_LINE]).strip(), ""], fault)
    phones = _phones(line)
    for phone in phones:
        line = line.replace(phone, " ", 1)
    name = _BETWEEN.sub(" ", line).strip(" -–—")
    return Row(number, [name, ", ".join(phones)])


def _phones(line: str) -> list[str]:
    """What looks like a number; beside whole ones, shorter digits are part of the name."""
    found = _PHONE.findall(line)
    whole = [each for each in found if _digits(each) >= _FULL_NUMBER_DIGITS]
    return whole or found[:1]


def _digits(text: str) -> int:
    return sum("0" <= character <= "9" for character in text)
