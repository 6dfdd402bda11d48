"""What a saved filter asks of contacts: typed rules, to and from JSON by a strict grammar.

{"match": "all" | "any", "rules": [rule, ...]}         one to 20 rules
{"kind": "text", "field": 7 | "name", "test": "is", "value": "Тверь"}
{"kind": "date", "field": 7, "test": "month", "number": 5}
{"kind": "number", "field": 7, "test": "between", "value": "1.5", "upper": "9"}
{"kind": "added", "after": "2026-01-31"}
{"kind": "group", "group": 3, "is_in": true}
"""

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

MOST_RULES = 20
LONGEST_VALUE = 150
MOST_DAYS = 366
# Who was added after a day was added from the next one on, and that must be one.
LATEST_ADDED_AFTER = date.max - timedelta(days=1)
NAME = "name"
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")


class ConditionsBroken(ValueError):
    """The JSON is not of this grammar."""


class Match(StrEnum):
    ALL = "all"
    ANY = "any"


class TextTest(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    BEGINS = "begins"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"


class DateTest(StrEnum):
    """``TODAY`` to ``NEXT_DAYS`` ask for the day of the year, as birthdays do."""

    TODAY = "today"
    THIS_WEEK = "this_week"
    THIS_MONTH = "this_month"
    MONTH = "month"
    NEXT_DAYS = "next_days"
    BEFORE = "before"
    AFTER = "after"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"


class NumberTest(StrEnum):
    EQUALS = "equals"
    LESS = "less"
    MORE = "more"
    BETWEEN = "between"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"


@dataclass(frozen=True)
class TextRule:
    """``field``: the id of an own field, None for the name. ``value`` is "" where the test needs
    none."""

    field: int | None
    test: TextTest
    value: str = ""


@dataclass(frozen=True)
class DateRule:
    """``number``: of a month, or of days from today on; ``day``: for before and after."""

    field: int
    test: DateTest
    number: int = 0
    day: date | None = None


@dataclass(frozen=True)
class NumberRule:
    """``value`` and, for between, ``upper``, both included."""

    field: int
    test: NumberTest
    value: Decimal | None = None
    upper: Decimal | None = None


@dataclass(frozen=True)
class AddedRule:
    """Added to the contacts after this day."""

    after: date


@dataclass(frozen=True)
class GroupRule:
    """In a static group, or not in it."""

    group: int
    is_in: bool = True


Rule = TextRule | DateRule | NumberRule | AddedRule | GroupRule
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Conditions:
    rules: tuple[Rule, ...]
    match: Match = Match.ALL

    def to_json(self) -> dict[str, object]:
        return {"match": self.match.value, "rules": [rule_written(rule) for rule in self.rules]}

    @property
    def fields(self) -> set[int]:
        """Own fields that are asked about."""
        asked = (getattr(rule, "field", None) for rule in self.rules)
        return {field for field in asked if field is not None}

    @property
    def groups(self) -> set[int]:
        return {rule.group for rule in self.rules if isinstance(rule, GroupRule)}


def conditions_read(raw: object) -> Conditions:
    """Raises ``ConditionsBroken``."""
    try:
        given = _of_keys(raw, {"match", "rules"})
        rules = given["rules"]
        if not isinstance(rules, list) or not 1 <= len(rules) <= MOST_RULES:
            raise ConditionsBroken("rules")
        return Conditions(tuple(rule_read(rule) for rule in rules), Match(given["match"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ConditionsBroken(str(error)) from None


def rule_read(raw: object) -> Rule:
    """Raises ``ConditionsBroken``."""
    try:
        return _READERS[raw["kind"]](raw)  # type: ignore[index]  # which raises TypeError
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise ConditionsBroken(str(error)) from None


def _text(raw: object) -> TextRule:
    needs_none = TextTest.EMPTY, TextTest.NOT_EMPTY
    given = _of_keys(raw, {"kind", "field", "test"}, {"value"})
    field = None if given["field"] == NAME else _whole(given["field"])
    rule = TextRule(field, TextTest(given["test"]))
    return rule if rule.test in needs_none else replace(rule, value=_words(given["value"]))


def _date(raw: object) -> DateRule:
    given = _of_keys(raw, {"kind", "field", "test"}, {"number", "day"})
    rule = DateRule(_whole(given["field"]), DateTest(given["test"]))
    if rule.test is DateTest.MONTH:
        return replace(rule, number=_whole(given["number"], most=12))
    if rule.test is DateTest.NEXT_DAYS:
        return replace(rule, number=_whole(given["number"], most=MOST_DAYS))
    if rule.test in {DateTest.BEFORE, DateTest.AFTER}:
        return replace(rule, day=_day(given["day"]))
    return rule


def _number(raw: object) -> NumberRule:
    given = _of_keys(raw, {"kind", "field", "test"}, {"value", "upper"})
    rule = NumberRule(_whole(given["field"]), NumberTest(given["test"]))
    if rule.test in {NumberTest.EMPTY, NumberTest.NOT_EMPTY}:
        return rule
    rule = replace(rule, value=_decimal(given["value"]))
    if rule.test is NumberTest.BETWEEN:
        return replace(rule, upper=_decimal(given["upper"]))
    return rule


def _added(raw: object) -> AddedRule:
    after = _day(_of_keys(raw, {"kind", "after"})["after"])
    if after > LATEST_ADDED_AFTER:
        raise ConditionsBroken("after")
    return AddedRule(after)


def _group(raw: object) -> GroupRule:
    given = _of_keys(raw, {"kind", "group", "is_in"})
    if not isinstance(given["is_in"], bool):
        raise ConditionsBroken("is_in")
    return GroupRule(_whole(given["group"]), given["is_in"])


_READERS: Mapping[object, Callable[[object], Rule]] = {
    "text": _text,
    "date": _date,
    "number": _number,
    "added": _added,
    "group": _group,
}
_KINDS = {
    TextRule: "text",
    DateRule: "date",
    NumberRule: "number",
    AddedRule: "added",
    GroupRule: "group",
}


def rule_written(rule: Rule) -> dict[str, object]:
    """What is empty stays out, but for the name, which is no field of the organisation's own."""
    written: dict[str, object] = {"kind": _KINDS[type(rule)]}
    for name, value in vars(rule).items():
        if isinstance(value, date | Decimal):
            written[name] = str(value)
        elif value not in {None, "", 0} or value is False:
            written[name] = value
    if isinstance(rule, TextRule) and rule.field is None:
        written["field"] = NAME
    return written


def _of_keys(raw: object, needed: Set[str], allowed: Set[str] = frozenset()) -> Json:
    if not isinstance(raw, dict) or not needed <= raw.keys() <= needed | allowed:
        raise ConditionsBroken("keys")
    return raw


def _whole(value: object, *, most: int = 2**63 - 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ConditionsBroken("whole number")
    return value


def _words(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_VALUE:
        raise ConditionsBroken("value")
    if "\0" in value:
        raise ConditionsBroken("NUL")
    return value


def _day(value: object) -> date:
    if not isinstance(value, str):
        raise ConditionsBroken("day")
    return date.fromisoformat(value)


def _decimal(value: object) -> Decimal:
    if not isinstance(value, str) or not _PLAIN_NUMBER.fullmatch(value):
        raise ConditionsBroken("number")
    return Decimal(value)
