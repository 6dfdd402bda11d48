"""The grammar of saved filters."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.contacts.groups.conditions import (
    MOST_DAYS,
    MOST_RULES,
    AddedRule,
    Conditions,
    ConditionsBroken,
    DateRule,
    DateTest,
    GroupRule,
    Match,
    NumberRule,
    NumberTest,
    TextRule,
    TextTest,
    conditions_read,
)

IDS = st.integers(1, 10**9)
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=150)
VALUES = WORDS.filter(str.strip)
DECIMALS = st.decimals(-(10**9), 10**9, places=3)
NEEDS_A_VALUE = [TextTest.IS, TextTest.IS_NOT, TextTest.BEGINS]
RULES = st.one_of(
    st.builds(TextRule, st.none() | IDS, st.sampled_from(NEEDS_A_VALUE), VALUES),
    st.builds(TextRule, st.none() | IDS, st.sampled_from([TextTest.EMPTY, TextTest.NOT_EMPTY])),
    st.builds(DateRule, IDS, st.sampled_from([DateTest.TODAY, DateTest.EMPTY])),
    st.builds(DateRule, IDS, st.just(DateTest.MONTH), st.integers(1, 12)),
    st.builds(DateRule, IDS, st.just(DateTest.NEXT_DAYS), st.integers(1, MOST_DAYS)),
    st.builds(DateRule, IDS, st.just(DateTest.AFTER), st.just(0), st.dates()),
    st.builds(NumberRule, IDS, st.just(NumberTest.LESS), DECIMALS),
    st.builds(NumberRule, IDS, st.just(NumberTest.BETWEEN), DECIMALS, DECIMALS),
    st.builds(AddedRule, st.dates()),
    st.builds(GroupRule, IDS, st.booleans()),
)
CONDITIONS = st.builds(
    Conditions, st.lists(RULES, min_size=1, max_size=MOST_RULES).map(tuple), st.sampled_from(Match)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["match", "rules", "kind", "field", "test", "value", "x"]), inner
        )
    ),
    max_leaves=20,
)


@given(CONDITIONS)
def test_what_is_written_is_read_the_same(conditions: Conditions) -> None:
    assert conditions_read(conditions.to_json()) == conditions


@given(JSON)
def test_anything_else_is_refused_and_nothing_breaks(raw: Any) -> None:
    try:
        conditions = conditions_read(raw)
    except ConditionsBroken:
        return
    assert conditions_read(conditions.to_json()) == conditions


def rule(**raw: object) -> dict[str, object]:
    return {"match": "all", "rules": [raw]}


@pytest.mark.parametrize(
    "raw",
    [
        {"match": "all", "rules": []},
        {"match": "none", "rules": [{"kind": "added", "after": "2026-01-01"}]},
        {"match": "all", "rules": [{"kind": "added", "after": "2026-01-01"}] * 21},
        {"match": "all", "rules": [{"kind": "added", "after": "2026-01-01"}], "more": 1},
        rule(kind="sql", value="1=1"),
        rule(kind=["text"]),
        rule(kind="text", field="name", test="is", value=" "),
        rule(kind="text", field="phone", test="is", value="x"),
        rule(kind="text", field=True, test="is", value="x"),
        rule(kind="text", field="name", test="is", value="a\0"),
        rule(kind="text", field="name", test="like", value="x"),
        rule(kind="date", field=1, test="month", number=13),
        rule(kind="date", field=1, test="next_days", number=0),
        rule(kind="date", field=1, test="after", day="01.02.2026"),
        rule(kind="number", field=1, test="less", value="NaN"),
        rule(kind="number", field=1, test="less", value="Infinity"),
        rule(kind="number", field=1, test="between", value="1"),
        rule(kind="number", field=1, test="less", value=5),
        rule(kind="added", after="2026-02-30"),
        rule(kind="group", group=1, is_in="yes"),
        rule(kind="group", group=0, is_in=True),
    ],
)
def test_a_rule_of_another_shape_is_refused(raw: object) -> None:
    with pytest.raises(ConditionsBroken):
        conditions_read(raw)


def test_it_tells_the_fields_and_groups_that_it_asks_about() -> None:
    conditions = Conditions(
        (
            TextRule(None, TextTest.EMPTY),
            TextRule(7, TextTest.EMPTY),
            NumberRule(8, NumberTest.EQUALS, Decimal(1)),
            GroupRule(3),
            AddedRule(date(2026, 1, 1)),
        )
    )

    assert (conditions.fields, conditions.groups) == ({7, 8}, {3})
