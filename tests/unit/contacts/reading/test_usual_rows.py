"""The quick way through a file's usual rows says what the close examination says."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.contacts.reading import Doctor, Healthy, Meaning
from tests.unit.contacts.reading.files import doctor

_ANY_TEXTS = ["Тверь", "а 'b' \\c", ""]
_USUAL_CELLS: dict[str, list[str]] = {
    Meaning.PHONE: ["79210000000", "8 (921) 000-00-00", "+7(921)0000000", "9210000000", "нет", ""],
    Meaning.SURNAME: ["Иванов", "Мамин-Сибиряк", "Ёлкин", ""],
    Meaning.NAME: ["Иванов Иван Ильич", "Иван Иван", "Анна  Ли", ""],
    "field:2": ["24.11.1986", "1986-11-24", "вчера", ""],
    "field:3": ["1 200,50", "-0", "x", ""],
}
_ODDITIES = ["#N/A", "# 1", " ", "\u00a0", "\u0301", "е\u0308", "\x07", "\t", "ﷺ" * 20, "я" * 90]
_MEANINGS = [*Meaning, "field:1", "field:2", "field:3"]


def cell_of(meaning: str) -> st.SearchStrategy[str]:
    usual = st.sampled_from([*_USUAL_CELLS.get(meaning, _ANY_TEXTS), *_ODDITIES])
    return st.one_of(usual, st.text(max_size=12), st.lists(usual, max_size=4).map("".join))


@st.composite
def plans_and_rows(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    meanings = draw(st.lists(st.sampled_from(_MEANINGS), min_size=1, max_size=7, unique=True))
    row = st.tuples(*map(cell_of, meanings)).map(list)
    return meanings, draw(st.lists(row, min_size=1, max_size=4))


@settings(max_examples=400)
@given(plan=plans_and_rows(), is_russian=st.booleans(), needs_phone=st.booleans())
@example(plan=(["phone", "surname"], [["79210000000"]]), is_russian=True, needs_phone=False)
def test_any_row_comes_to_the_same_as_examined_closely(
    plan: tuple[list[str], list[list[str]]], is_russian: bool, needs_phone: bool
) -> None:
    meanings, rows = plan
    countries = ("RU", "KZ") if is_russian else ("KZ",)
    examined = doctor(*meanings, countries=countries, needs_phone=needs_phone)
    for cells in rows:
        assert examined.examine(cells) == examined.examine_closely(cells)


def test_a_usual_row_is_not_examined_closely() -> None:
    examined = _Hurried(
        ["surname", "phone", "field:1", ""],
        organisation_id=7,
        field_kinds={1: "text"},
        countries=("RU",),
    )
    assert isinstance(examined.examine(["Иванов", "8 (921) 000-00-00", "Тверь", "?"]), Healthy)


class _Hurried(Doctor):
    def examine_closely(self, cells: object) -> None:
        raise AssertionError("A usual row was examined closely")
