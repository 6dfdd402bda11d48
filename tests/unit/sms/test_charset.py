import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.charset import find_unsendable, is_sendable, leave_out, simplify, substitute
from sms.segments import Encoding, count


@given(st.text(max_size=100))
def test_sendable_is_what_the_strict_codec_takes(text: str) -> None:
    try:
        text.encode("cp1251")
        encodes = True
    except UnicodeEncodeError:
        encodes = False
    assert is_sendable(text) is encodes
    assert (find_unsendable(text) == ()) is encodes


def test_quotes_dashes_and_the_euro_can_be_sent() -> None:
    assert find_unsendable("«ё» — – … № €\u00a0\u00ad") == ()


def test_the_hole_in_the_code_page_cannot_be_sent() -> None:
    assert not is_sendable("\x98")


def test_each_character_comes_with_its_place() -> None:
    found = find_unsendable("цена 5 ₽\nәже 😀")
    places = [(each.character, each.position, each.line, each.column) for each in found]
    assert places == [("₽", 7, 1, 8), ("ә", 9, 2, 1), ("😀", 13, 2, 5)]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("5\u202f000 ₽", "5 000 руб."),
        ("1\u20092\u20073", "1 2 3"),
        ("кое\u2011как \u22125", "кое-как -5"),
        ("не\u200bвидно\u2060", "невидно"),
        ("oﬃce ½ café", "office 1/2 cafe"),
        ("ABC", "ABC"),
        ("й ё в разборе: и\u0306 е\u0308", "й ё в разборе: й ё"),
        ("за\u0301мок", "замок"),
        ("❤\ufe0f", "❤"),
    ],
)
def test_what_has_a_plain_spelling_is_substituted(text: str, plain: str) -> None:
    assert substitute(text) == plain


@pytest.mark.parametrize("character", ["ә", "қ", "ң", "😀", "漢", "ا"])
def test_what_has_no_plain_spelling_is_left_for_the_author(character: str) -> None:
    assert find_unsendable(character)[0].substitute is None
    assert substitute(f"а{character}б") == f"а{character}б"


@given(st.text(max_size=100))
def test_a_substitute_can_always_be_sent(text: str) -> None:
    assert all(
        found.substitute is None or is_sendable(found.substitute) for found in find_unsendable(text)
    )


@given(st.text(max_size=100))
def test_substituting_leaves_only_what_has_no_substitute(text: str) -> None:
    assert all(found.substitute is None for found in find_unsendable(substitute(text)))


@given(st.text(max_size=100))
def test_every_place_points_at_its_character(text: str) -> None:
    for found in find_unsendable(text):
        assert text.startswith(found.character, found.position)
        assert text.split("\n")[found.line - 1].startswith(found.character, found.column - 1) or (
            "\n" in found.character
        )


@given(st.text(max_size=100))
def test_what_is_left_out_is_unsendable_and_no_letter(text: str) -> None:
    left = leave_out(text)

    assert not any(found.is_symbol for found in find_unsendable(left))
    assert [each for each in left if each.isalpha()] == [each for each in text if each.isalpha()]


TYPOGRAPHIC = "“Don’t” — wait… №\u00a05 "


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (TYPOGRAPHIC * 5, '"Don\'t" - wait... No. 5 ' * 5),
        ("Sаle today! " * 7, "Sale today! " * 7),
        ("Café\u2011bar " * 8, "Cafe-bar " * 8),
    ],
)
def test_typographic_characters_of_a_latin_text_are_made_plain(text: str, plain: str) -> None:
    simplified = simplify(text)

    assert simplified == plain
    assert count(simplified).encoding is Encoding.GSM7
    assert count(simplified).segments < count(text).segments


@pytest.mark.parametrize(
    "text",
    [
        "“Short”",
        "«Добрый день» — " * 10,
        "Coffee и чай " * 10,
        "Plain text " * 20,
        "",
    ],
)
def test_what_saves_no_segment_stays_as_it_is(text: str) -> None:
    assert simplify(text) == text


@given(st.text("aZ é“”‘’«»–—…№©™\u00a0\u00ad`аеоЖ₽{}\n😀", max_size=250) | st.text(max_size=250))
def test_simplifying_never_costs_a_segment_and_is_done_at_once(text: str) -> None:
    simplified = simplify(text)

    assert count(simplified).segments <= count(text).segments
    assert simplify(simplified) == simplified
    assert simplified == text or is_sendable(simplified)
