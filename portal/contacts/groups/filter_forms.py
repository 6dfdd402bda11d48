"""The builder of saved filters: a name, whose it is, and rules."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import User
from portal.contacts.groups.conditions import (
    MOST_RULES,
    Conditions,
    GroupRule,
    Match,
    NumberRule,
    NumberTest,
    Rule,
    TextRule,
    TextTest,
)
from portal.contacts.groups.rule_forms import RuleForm, rule_data, vocabulary_of
from portal.contacts.lists.filters import Whose
from portal.contacts.lists.query import ListQuery
from portal.contacts.models import ContactField, FieldKind, Group

_SHARED, _OWN = "shared", "own"


class SavedFilterForm(forms.Form):
    """``rule_forms`` and this together make ``conditions``. ``is_own`` is None of an old one: whose
    it is stays."""

    name = forms.CharField(label=pgettext_lazy("group", "Name"), max_length=100)
    whose = forms.ChoiceField(
        label=_("Who sees it"),
        choices=[
            (_SHARED, _("Shared: finds shared contacts, and all members use it")),
            (_OWN, _("My own: finds my own contacts too")),
        ],
        widget=forms.RadioSelect,
    )
    match = forms.ChoiceField(
        label=pgettext_lazy("rules", "Match"),
        choices=[
            (Match.ALL.value, _("all of these rules")),
            (Match.ANY.value, _("any of these rules")),
        ],
    )

    def __init__(self, data: Mapping[str, Any], *, member: User, is_old: bool = False) -> None:
        super().__init__(data)
        if is_old:
            del self.fields["whose"]
        vocabulary = vocabulary_of(member)
        self.rule_forms = [
            RuleForm(data, prefix=f"r{number}", vocabulary=vocabulary)
            for number in range(_count(data))
        ]

    def focus(self, number: int) -> None:
        """Where typing goes on: the rule of that number, or the last."""
        rule = self.rule_forms[min(number, len(self.rule_forms) - 1)]
        rule.fields["subject"].widget.attrs["autofocus"] = True

    @property
    def is_own(self) -> bool:
        return str(self.data.get("whose", _SHARED)) == _OWN

    @property
    def are_rules_whole(self) -> bool:
        return bool(self.rule_forms) and all(form.is_valid() for form in self.rule_forms)

    @property
    def conditions(self) -> Conditions:
        """Of rules that are whole."""
        match = Match.ANY if self.data.get("match") == Match.ANY.value else Match.ALL
        return Conditions(tuple(form.rule for form in self.rule_forms), match)


def _count(data: Mapping[str, Any]) -> int:
    text = str(data.get("count", ""))
    return (
        min(int(text), MOST_RULES) if text.isascii() and text.isdecimal() and len(text) < 4 else 1
    )


def with_a_rule_more(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "count": str(min(_count(data) + 1, MOST_RULES))}


def without_rule(data: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The rules behind it move up; the last one alone stays, emptied."""
    count = _count(data)
    kept: dict[str, Any] = {key: value for key, value in data.items() if not key.startswith("r")}
    places = [place for place in range(count) if place != number]
    for place, old in enumerate(places):
        for part in ("subject", "test", "value", "upper"):
            if (value := data.get(f"r{old}-{part}")) is not None:
                kept[f"r{place}-{part}"] = value
    return {**kept, "count": str(max(len(places), 1))}


def data_of_group(group: Group, conditions: Conditions) -> dict[str, str]:
    return {"name": group.name, **_data_of_rules(conditions.rules), "match": conditions.match.value}


def data_of_list(listed: ListQuery) -> dict[str, str]:
    """The rules that say what narrows a list, as far as rules can. Raises ``FilterGone``."""
    is_own = listed.filters.whose is Whose.OWN
    rules = list(rules_of_list(listed))
    return {
        "whose": _OWN if is_own else _SHARED,
        "match": Match.ALL.value,
        **_data_of_rules(rules),
    }


def rules_of_list(listed: ListQuery) -> list[Rule]:
    """Raises ``FilterGone``."""
    rules: list[Rule] = []
    if listed.text:
        rules.append(TextRule(None, TextTest.BEGINS, listed.text))
    if (group := listed.filters.group) and not group.is_filter:
        rules.append(GroupRule(group.pk))
    fields = ContactField.objects.in_bulk(listed.filters.values)
    for pk, value in listed.filters.values.items():
        rules += _equals(fields[pk], value)
    return rules


def _equals(field: ContactField, value: str) -> Sequence[Rule]:
    """No rule asks for one day of one year."""
    if field.kind == FieldKind.TEXT:
        return [TextRule(field.pk, TextTest.IS, value)]
    if field.kind == FieldKind.NUMBER:
        return [NumberRule(field.pk, NumberTest.EQUALS, _decimal(value))]
    return []


def _decimal(value: str) -> Decimal | None:
    try:
        return Decimal(value.replace(",", "."))
    except InvalidOperation:
        return None


def _data_of_rules(rules: Sequence[Rule]) -> dict[str, str]:
    data = {"count": str(max(len(rules), 1))}
    for number, rule in enumerate(rules):
        data |= rule_data(rule, f"r{number}")
    return data
