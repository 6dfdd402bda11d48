"""No text of any length makes the core's time grow with its square."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given, settings

from sms.address import is_address
from sms.charset import find_unsendable, leave_out, substitute
from sms.phone import display, normalise, read_numbers
from sms.placeholders import find_names, parse
from sms.reader import read, read_mail
from sms.refusal import Refusal
from sms.segments import count
from sms.sender import check_sender
from sms.text import find_field_like_line, prepare_text
from tests.unit.growth import HOSTILE, assert_linear

_LETTER = "SmsUser={0}\nPassword=x\nSourceAddress={0}\nPhoneNumber={0}\n{0}"
DOORS: dict[str, Callable[[str], object]] = {
    "number": normalise,
    "numbers": read_numbers,
    "numbers of many countries": lambda text: normalise(text, countries=("RU", "KZ", "DE")),
    "display": display,
    "text": prepare_text,
    "line of a text": lambda text: find_field_like_line(text + "="),
    "unsendable": find_unsendable,
    "substitutes": substitute,
    "left out": leave_out,
    "segments": count,
    "placeholders": lambda text: parse("{" + text),
    "placeholders with a name": lambda text: parse("{имя|" + text + "}").render({}),
    "names of placeholders": lambda text: find_names("{" + text),
    "sender": check_sender,
    "address": is_address,
    "letter": lambda text: read(_LETTER.format(text)),
    "first line": read,
    "mail": lambda text: read_mail(text.encode("utf-8", "replace")),
}


@pytest.mark.parametrize("door", DOORS)
@settings(max_examples=15, deadline=None)
@given(hostile=HOSTILE)
@example(hostile=(" (", "!"))
@example(hostile=(" ", "x"))
@example(hostile=("\u0301\u0316", "="))
@example(hostile=("\U0001d165\u302e", "="))
@example(hostile=("1,", "!"))
def test_time_grows_as_the_text_does(door: str, hostile: tuple[str, str]) -> None:
    def work(text: str) -> None:
        with suppress(Refusal):
            DOORS[door](text)

    assert_linear(work, *hostile)
