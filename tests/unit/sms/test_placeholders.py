import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.placeholder_filters import FILTERS, RUSSIAN
from sms.placeholders import (
    PlaceholderFault,
    PlaceholderRefused,
    Template,
    escape,
    find_names,
    fold_name,
    parse,
)

# Texts that are nearly templates.
NEARLY = st.text("{}|:имя ё_-1\n\r\u2028\u0306a", max_size=30) | st.text()
VALUES = st.text("{}|:имя\n\r\x00\x1b\x85\u2028\ud800 a", max_size=20) | st.text()


def refusal(text: str) -> PlaceholderRefused:
    with pytest.raises(PlaceholderRefused) as caught:
        parse(text)
    return caught.value


def rendered(text: str, **values: str) -> str:
    return parse(text).render(values).text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Здравствуйте, {имя}!", "Здравствуйте, Анна!"),
        ("{ ИМЯ }, {Имя|друг}", "Анна, Анна"),
        ("{имя:прописные}/{имя:UPPER}/{имя:lower|x}", "АННА/АННА/анна"),
        ("{{имя}}", "{имя}"),
        ("{{{имя}}}", "{Анна}"),
        ("{nobody|}.", "."),
        ("{nobody| dear  friend }!", "dear friend!"),
        ("{nobody|at 10:30}", "at 10:30"),
        ("{nobody:upper|friend}", "friend"),
    ],
)
def test_a_template_becomes_a_text(template: str, text: str) -> None:
    assert parse(template).render({"имя": "Анна"}).text == text


@pytest.mark.parametrize("written", ["счёт", "Счет", "СЧЁТ", "  сче\u0308т ", "счёт\u00a0"])
def test_a_name_is_one_in_every_spelling(written: str) -> None:
    assert parse(f"{{{written}}}").names == ("счет",)


def test_a_name_takes_what_names_of_fields_take() -> None:
    assert parse("{paid  until} {a_b-c} {1С код}").names == ("paid until", "a_b-c", "1с код")


@pytest.mark.parametrize(
    ("text", "fault", "line", "column"),
    [
        ("Привет, {имя", PlaceholderFault.NOT_CLOSED, 1, 9),
        ("а\nб {имя\n}", PlaceholderFault.NOT_CLOSED, 2, 3),
        ("{имя {отчество}}", PlaceholderFault.NOT_CLOSED, 1, 1),
        ("{имя}}", PlaceholderFault.NOT_OPENED, 1, 6),
        ("а\nб } в", PlaceholderFault.NOT_OPENED, 2, 3),
        ("{}", PlaceholderFault.BAD_NAME, 1, 1),
        ("{|друг}", PlaceholderFault.BAD_NAME, 1, 1),
        ("{имя.phone}", PlaceholderFault.BAD_NAME, 1, 1),
        ("{имя|друг|подруга}", PlaceholderFault.TWO_DEFAULTS, 1, 1),
        ("{имя:}", PlaceholderFault.UNKNOWN_FILTER, 1, 1),
        ("{имя:upper:lower}", PlaceholderFault.UNKNOWN_FILTER, 1, 1),
    ],
)
def test_what_is_not_of_the_grammar_is_refused_with_its_place(
    text: str, fault: PlaceholderFault, line: int, column: int
) -> None:
    refused = refusal(text)
    assert (refused.code, refused.data["line"], refused.data["column"]) == (fault, line, column)


@pytest.mark.parametrize(("filter_name", "nearest"), [("uper", "upper"), ("дато", "дата")])
def test_an_unknown_filter_is_refused_with_the_nearest(filter_name: str, nearest: str) -> None:
    refused = refusal(f"{{имя:{filter_name}}}")
    assert refused.code is PlaceholderFault.UNKNOWN_FILTER
    assert refused.data["nearest"] == nearest


def test_an_unknown_name_is_refused_with_the_nearest_as_it_is_written() -> None:
    template = parse("Вы\nдолжны {сума}")
    with pytest.raises(PlaceholderRefused) as caught:
        template.check_names(["имя", "Сумма"])
    assert caught.value.data == {"line": 2, "column": 8, "found": "сума", "nearest": "Сумма"}
    parse("{СУММА}").check_names(["имя", "Сумма"])


@pytest.mark.parametrize(
    ("template", "value", "text"),
    [
        ("{x}", "2026-11-24", "2026-11-24"),
        ("{x:дата}", "2026-11-04", "04.11.2026"),
        ("{x:date}", "4.11.2026", "04.11.2026"),
        ("{x:день}", "2026-11-04", "4 ноября"),
        ("{x:day}", "04.11.2026", "4 November"),
        ("{x:число}", "1234567.5", "1 234 567,5"),
        ("{x:number}", "1234567,50", "1,234,567.50"),
        ("{x:число}", "-1 000", "-1 000"),
        ("{x:с-большой}", "анна ООО", "Анна ООО"),
        ("{x:с большой}", "анна", "Анна"),
        ("{x:Capital}", "ivan", "Ivan"),
    ],
)
def test_filters_write_values_their_way(template: str, value: str, text: str) -> None:
    assert rendered(template, x=value) == text


@pytest.mark.parametrize("filter_name", ["date", "day", "день", "number", "число"])
@pytest.mark.parametrize("value", ["скоро", "31.02.2026", "1,2,3", "２０２６"])
def test_what_a_filter_cannot_read_is_missing(filter_name: str, value: str) -> None:
    assert parse(f"{{x:{filter_name}}}").render({"x": value}).lacks == ("x",)
    assert rendered(f"{{x:{filter_name}|-}}", x=value) == "-"


@pytest.mark.parametrize("value", ["", " ", "\n\u00a0\t"])
def test_a_blank_value_is_missing(value: str) -> None:
    assert parse("{имя}{имя}").render({"имя": value}).lacks == ("имя",)


def test_a_default_of_its_own_goes_before_that_of_the_mailing() -> None:
    template = parse("{имя|друг} {город}")
    text = template.render({}, {"имя": "клиент", "город": "Москва\n{имя}"}).text
    assert text == "друг Москва {имя}"


@pytest.mark.parametrize("text", ["{имя}", "{ Имя }", "{имя|друг}", "{имя:upper}", "{{имя}}"])
def test_names_are_found_in_texts_that_are_no_templates(text: str) -> None:
    assert find_names(f"}} {text} {{") == ("имя",)


@given(NEARLY)
def test_reading_a_text_raises_nothing_but_a_refusal(text: str) -> None:
    with suppress(PlaceholderRefused):
        parse(text).check_names(["имя"])
    find_names(text)


@given(NEARLY)
def test_an_escaped_text_comes_back_as_it_was(text: str) -> None:
    template = parse(escape(text))
    assert template.is_plain
    assert template.render({}).text == text


@given(VALUES, VALUES)
def test_no_value_makes_a_placeholder_a_break_or_a_control_character(
    value: str, default: str
) -> None:
    template = parse("a{имя}b{город}c{имя:с-большой|}")
    text = template.render({"имя": value}, {"город": default}).text
    assert _without_marks(text) == _without_marks(_by_hand(template, value, default))
    assert len(text.splitlines()) == 1
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)


def _by_hand(template: Template, value: str, default: str) -> str:
    """What stands between the pieces of the template, which render() never reads again."""
    first = template.placeholders[0].value({"имя": value}, {}) or ""
    second = template.placeholders[1].value({}, {"город": default}) or ""
    third = template.placeholders[2].value({"имя": value}, {}) or ""
    return f"a{first}b{second}c{third}"


def _without_marks(text: str) -> str:
    return "".join(text.split())


@given(st.text(max_size=60))
def test_a_folded_name_stays_as_it_is(name: str) -> None:
    assert fold_name(fold_name(name)) == fold_name(name)


def test_sizes_are_of_the_shortest_and_the_longest_text() -> None:
    sizes = parse("Hi {name|}\n" + "a" * 150).sizes([{"name": "Ann"}, {"name": "Анна"}])
    assert (sizes.least.segments, sizes.most.segments) == (1, 3)
    assert sizes.least.characters == 154
    assert parse("\n{name|}\nHi").sizes().least.characters == 2


def test_every_filter_has_a_name_in_either_language() -> None:
    assert [*FILTERS] == [name for pair in RUSSIAN.items() for name in pair]
