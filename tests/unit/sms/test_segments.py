import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.segments import Encoding, SegmentCount, count

GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = "\f^{}\\[~]|€"


def test_an_empty_text_takes_no_sms() -> None:
    assert count("") == SegmentCount(0, 0, Encoding.GSM7, 0, 160, None)


def test_the_default_alphabet_has_its_127_characters_of_one_unit() -> None:
    assert len(set(GSM)) == 127
    assert all(count(character).units == 1 for character in GSM)
    assert count(GSM).encoding is Encoding.GSM7


def test_the_extension_table_counts_two() -> None:
    assert all(count(character).units == 2 for character in EXTENDED)
    assert count(EXTENDED).encoding is Encoding.GSM7


@pytest.mark.parametrize(
    ("text", "units", "segments", "left"),
    [
        ("a" * 160, 160, 1, 0),
        ("a" * 161, 161, 2, 145),
        ("a" * 306, 306, 2, 0),
        ("a" * 307, 307, 3, 152),
        ("я" * 70, 70, 1, 0),
        ("я" * 71, 71, 2, 63),
        ("я" * 134, 134, 2, 0),
        ("я" * 135, 135, 3, 66),
        ("a" * 69 + "я", 70, 1, 0),
    ],
)
def test_the_boundaries_between_segments(text: str, units: int, segments: int, left: int) -> None:
    counted = count(text)
    assert (counted.units, counted.segments, counted.left) == (units, segments, left)


def test_an_escape_pair_is_never_split_over_parts() -> None:
    straddling = "a" * 152 + "€" + "a" * 152
    assert count(straddling).units == 306
    assert count(straddling).segments == 3


def test_a_surrogate_pair_is_never_split_over_parts() -> None:
    straddling = "я" * 66 + "😀" + "я" * 66
    assert count(straddling).units == 134
    assert count(straddling).segments == 3


def test_the_first_character_that_forces_ucs2_is_named() -> None:
    assert count("abc — ё").forced_by == "—"
    assert count("abc").forced_by is None


@given(st.text(alphabet=st.sampled_from("aя€^😀\n"), max_size=400))
def test_one_more_character_starts_a_new_sms_only_when_nothing_is_left(text: str) -> None:
    before = count(text)
    filler = "a" if before.encoding is Encoding.GSM7 else "я"
    if not text:
        return
    assert count(text + filler * before.left).segments == before.segments
    # A lone SMS loses room to a header when it becomes two, so one more may only ever add one.
    assert count(text + filler * (before.left + 1)).segments == before.segments + 1
