import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.charset import Unsendable
from sms.text import (
    FIELD_NAMES,
    TextFault,
    TextRefused,
    check_text,
    find_field_like_line,
    normalise_text,
    prepare_text,
)


def refusal(text: str) -> TextRefused:
    with pytest.raises(TextRefused) as caught:
        prepare_text(text)
    return caught.value


@pytest.mark.parametrize("brk", ["\r\n", "\r", "\x85", "\v", "\f", "\u2028", "\u2029", "\n"])
def test_every_kind_of_break_becomes_one(brk: str) -> None:
    assert normalise_text(f"раз{brk}два{brk}{brk}три") == "раз\nдва\n\nтри"


def test_a_tab_becomes_a_space() -> None:
    assert normalise_text("а\tб") == "а б"


def test_blank_lines_go_at_both_ends_and_nowhere_else() -> None:
    assert normalise_text("\n \t\n  раз \n\n два  \n\u00a0\n") == "  раз \n\n два  "


@pytest.mark.parametrize("character", [*"\0\x01\x08\x1b\x1c\x1d\x1e\x1f\x7f\x80\x84\x86\x98\x9f"])
def test_other_controls_are_refused_with_their_place(character: str) -> None:
    refused = refusal(f"раз\r\nд{character}ва")
    assert refused.code is TextFault.CONTROL_CHARACTER
    assert refused.data == {"line": 2, "column": 2, "character": character}


def test_a_lone_surrogate_is_refused() -> None:
    assert refusal("а\ud83d").code is TextFault.LONE_SURROGATE


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u00a0", "\u00ad", "\u200b \ufeff"])
def test_a_text_with_nothing_to_see_is_empty(text: str) -> None:
    assert refusal(text).code is TextFault.EMPTY


@pytest.mark.parametrize(
    "line",
    [
        "PhoneNumber=79990000000",
        " sMsUsEr = x",
        "\ufeffPassword=x",
        "\u00a0SourceAddress=x",
        "\u00adPhoneNumber=x",
        "\u00ad \u00a0\u200b\u034f\u3164 phonenumber\u00a0=",
        "Phone\u00adNumber=x",
        "PhoneNumber\u200b\uff1dx",
        "ＰｈｏｎｅＮｕｍｂｅｒ=x",
        "PaſſWord=x",
        "\tPassword=x",
    ],
)
@pytest.mark.parametrize("before", ["", "\n\n", "Привет\n", "Привет\r\n\r\n", "Привет\u2028"])
def test_a_line_like_a_field_is_refused_wherever_it_stands(before: str, line: str) -> None:
    refused = refusal(before + line)
    assert refused.code is TextFault.FIELD_LIKE_LINE
    assert refused.data["field"] in FIELD_NAMES
    assert refused.data["line"] == normalise_text(before + line).count("\n") + 1


@pytest.mark.parametrize(
    "text", ["Ваш Password=1", "Password: 1", "PhoneNumbers=1", "смс: SmsUser=1", "2+2=4"]
)
def test_a_line_that_only_mentions_a_field_is_fine(text: str) -> None:
    assert prepare_text(text) == text


def test_every_equals_sign_of_unicode_is_known() -> None:
    equals = [c for c in map(chr, range(sys.maxunicode)) if "=" in unicodedata.normalize("NFKC", c)]
    assert len(equals) > 5
    for character in equals:
        found = find_field_like_line("Password" + character)
        assert (found is not None) is unicodedata.normalize("NFKC", character).startswith("=")


def test_characters_outside_the_charset_are_all_listed() -> None:
    refused = refusal("5 ₽\nә")
    assert refused.code is TextFault.UNSENDABLE
    assert refused.data == {
        "found": (Unsendable("₽", 2, 1, 3, "руб."), Unsendable("ә", 4, 2, 1, None))
    }


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing(raw: str) -> None:
    try:
        text = normalise_text(raw)
    except TextRefused:
        return
    assert normalise_text(text) == text


@given(st.text(max_size=200))
def test_a_prepared_text_encodes_and_has_no_field_like_line(raw: str) -> None:
    try:
        text = prepare_text(raw)
    except TextRefused:
        return
    check_text(text)
    text.encode("cp1251")
    names = tuple(name.lower() + "=" for name in FIELD_NAMES)
    assert not any(line.strip().lower().startswith(names) for line in text.splitlines())
