"""The rules of a saved filter in words, as its builder says them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.dates import MONTHS
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.contacts.groups.conditions import (
    AddedRule,
    Conditions,
    DateRule,
    DateTest,
    GroupRule,
    NumberRule,
    Rule,
    TextRule,
)
from portal.contacts.groups.rule_forms import TESTS, Vocabulary, rule_data


def rules_in_words(conditions: Conditions, vocabulary: Vocabulary) -> Sequence[str]:
    """Of conditions that are whole: what they ask about is there."""
    return [_in_words(rule, vocabulary) for rule in conditions.rules]


def _in_words(rule: Rule, vocabulary: Vocabulary) -> str:
    data = rule_data(rule, "r")
    subject = vocabulary.subject(data["r-subject"])
    if isinstance(rule, DateRule) and rule.test is DateTest.NEXT_DAYS:
        return f"{subject.label} {_within(rule.number)}"
    test = dict(TESTS[subject.kind])[data["r-test"]]
    return f"{subject.label} {test} {_value(rule, vocabulary)}".rstrip()


def _within(days: int) -> str:
    words = ngettext(
        "is within %(count)s day from today, whatever the year",
        "is within %(count)s days from today, whatever the year",
        days,
    )
    return words % {"count": days}


def _value(rule: Rule, vocabulary: Vocabulary) -> str:
    """Blank where the test needs none."""
    match rule:
        case AddedRule():
            return date_format(rule.after, "SHORT_DATE_FORMAT")
        case GroupRule():
            return _quoted(str(dict(vocabulary.groups).get(str(rule.group), "…")))
        case TextRule():
            return _quoted(rule.value) if rule.value else ""
        case NumberRule():
            return " – ".join(_number(one) for one in (rule.value, rule.upper) if one is not None)
        case DateRule(day=date() as day):
            return date_format(day, "SHORT_DATE_FORMAT")
        case DateRule():
            return str(MONTHS[rule.number]) if rule.test is DateTest.MONTH else ""


def _quoted(text: str) -> str:
    return _("“%(text)s”") % {"text": text}


def _number(value: Decimal) -> str:
    return number_format(value, force_grouping=True)
