"""One rule of a saved filter as the builder shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import User
from portal.contacts.groups.conditions import (
    LATEST_ADDED_AFTER,
    LONGEST_VALUE,
    MOST_DAYS,
    NAME,
    AddedRule,
    ConditionsBroken,
    DateTest,
    GroupRule,
    NumberTest,
    Rule,
    TextTest,
    rule_read,
    rule_written,
)
from portal.contacts.models import ContactField, FieldKind, Group

Choices = Sequence[tuple[str, Any]]
_EMPTY = [("empty", _("is empty")), ("not_empty", _("is not empty"))]
TESTS: Mapping[str, Choices] = {
    "text": [
        (TextTest.IS.value, _("is")),
        (TextTest.IS_NOT.value, _("is not")),
        (TextTest.BEGINS.value, _("begins with")),
        *_EMPTY,
    ],
    "date": [
        (DateTest.TODAY.value, _("is today, whatever the year")),
        (DateTest.THIS_WEEK.value, _("is this week, whatever the year")),
        (DateTest.THIS_MONTH.value, _("is this month, whatever the year")),
        (DateTest.MONTH.value, _("is in the month")),
        (DateTest.NEXT_DAYS.value, _("is within N days from today, whatever the year")),
        (DateTest.BEFORE.value, pgettext_lazy("date", "is before")),
        (DateTest.AFTER.value, pgettext_lazy("date", "is after")),
        *_EMPTY,
    ],
    "number": [
        (NumberTest.EQUALS.value, pgettext_lazy("number", "equals")),
        (NumberTest.LESS.value, pgettext_lazy("number", "is less than")),
        (NumberTest.MORE.value, pgettext_lazy("number", "is more than")),
        (NumberTest.BETWEEN.value, pgettext_lazy("number", "is between")),
        *_EMPTY,
    ],
    "added": [("after", pgettext_lazy("date", "is after"))],
    "group": [("in", _("is among")), ("not_in", _("is not among"))],
}
_MONTHS: Choices = [(str(number), name) for number, name in MONTHS.items()]
_OF_DAYS = {DateTest.BEFORE.value, DateTest.AFTER.value}


@dataclass(frozen=True)
class Subject:
    """What a rule may ask about. ``key``: as the form's select has it."""

    key: str
    label: str
    kind: str


@dataclass(frozen=True)
class Vocabulary:
    """What the rules of a member's filter may ask about."""

    subjects: Sequence[Subject]
    groups: Choices

    def subject(self, key: str) -> Subject:
        """The first, where there is none of that key."""
        return next((one for one in self.subjects if one.key == key), self.subjects[0])


def vocabulary_of(member: User) -> Vocabulary:
    fields = ContactField.objects.filter(organisation=member.organisation_id)
    groups = Group.objects.visible_to(member).filter(conditions__isnull=True).order_by("name")
    subjects = [
        Subject(NAME, str(_("Name")), "text"),
        *(Subject(str(field.pk), field.name, FieldKind(field.kind).value) for field in fields),
        Subject("added", str(pgettext_lazy("date", "Added")), "added"),
    ]
    known = [(str(group.pk), group.name) for group in groups]
    if known:
        subjects.append(Subject("group", str(_("Contact")), "group"))
    return Vocabulary(subjects, known)


class RuleForm(forms.Form):
    """``rule`` is what a valid one says. Which tests and values it offers follows from what it asks
    about so far."""

    subject = forms.ChoiceField(label=_("What"))
    test = forms.ChoiceField(label=_("How"))

    def __init__(self, data: Mapping[str, Any], *, prefix: str, vocabulary: Vocabulary) -> None:
        subject = vocabulary.subject(str(data.get(f"{prefix}-subject", "")))
        tests = TESTS[subject.kind]
        test = str(data.get(f"{prefix}-test", ""))
        if test not in dict(tests):
            test = tests[0][0]
        super().__init__(
            {**data, f"{prefix}-subject": subject.key, f"{prefix}-test": test}, prefix=prefix
        )
        self.asked, self.chosen_test = subject, test
        subjects = [(one.key, one.label) for one in vocabulary.subjects]
        self.fields["subject"].choices = subjects  # type: ignore[attr-defined]
        self.fields["test"].choices = list(tests)  # type: ignore[attr-defined]
        self.fields.update(_value_fields(subject.kind, test, vocabulary.groups))
        self._choose_the_first(_offered(subject.kind, test, vocabulary.groups))
        for field in self.fields.values():
            is_select = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if is_select else "form-control"
            field.widget.attrs["aria-label"] = str(field.label)

    def _choose_the_first(self, offered: Choices) -> None:
        """What a select shows before anybody has chosen is what it says; a choice that is saved was
        seen."""
        name = self.add_prefix("value")
        if offered and "save" not in self.data and self.data.get(name) not in dict(offered):
            self.data = {**self.data, name: offered[0][0]}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                cleaned["rule"] = rule_read(self._raw(cleaned))
            except ConditionsBroken:
                self.add_error(None, _("This value does not fit."))
        return cleaned

    @property
    def rule(self) -> Rule:
        rule: Rule = self.cleaned_data["rule"]
        return rule

    def _raw(self, cleaned: Mapping[str, Any]) -> dict[str, object]:
        kind, test, value = self.asked.kind, self.chosen_test, cleaned.get("value")
        if kind == "added":
            return {"kind": kind, "after": str(value)}
        if kind == "group":
            return {"kind": kind, "group": int(value or 0), "is_in": test == "in"}
        field = NAME if self.asked.key == NAME else int(self.asked.key)
        raw: dict[str, object] = {"kind": kind, "field": field, "test": test}
        if value is None:
            return raw
        if kind == "date":
            is_day = test in _OF_DAYS
            return {**raw, "day": str(value)} if is_day else {**raw, "number": int(value)}
        upper = {"upper": str(cleaned["upper"])} if "upper" in cleaned else {}
        return {**raw, "value": str(value), **upper}


def _offered(kind: str, test: str, groups: Choices) -> Choices:
    """Of values that are chosen."""
    if kind == "group":
        return groups
    return _MONTHS if (kind, test) == ("date", DateTest.MONTH.value) else ()


def _value_fields(kind: str, test: str, groups: Choices) -> dict[str, forms.Field]:
    if test in ("empty", "not_empty"):
        return {}
    if kind == "group":
        offered = list(_offered(kind, test, groups))
        return {"value": forms.ChoiceField(label=_("Group"), choices=offered)}
    if kind == "text":
        return {"value": forms.CharField(label=_("Value"), max_length=LONGEST_VALUE)}
    if kind != "number":
        return {"value": _added_field()} if kind == "added" else _date_fields(test)
    fields: dict[str, forms.Field] = {"value": _DecimalField(label=_("Value"))}
    if test == NumberTest.BETWEEN.value:
        fields["upper"] = _DecimalField(label=_("At most"))
    return fields


def _added_field() -> forms.DateField:
    field = _day_field()
    words = _("The day is too far ahead. Choose an earlier one.")
    field.validators.append(MaxValueValidator(LATEST_ADDED_AFTER, message=words))
    return field


def _day_field() -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=_("Day"), widget=widget, input_formats=["%Y-%m-%d"])


def _date_fields(test: str) -> dict[str, forms.Field]:
    if test in _OF_DAYS:
        return {"value": _day_field()}
    if test == DateTest.MONTH.value:
        return {"value": forms.ChoiceField(label=_("Month"), choices=list(_MONTHS))}
    if test == DateTest.NEXT_DAYS.value:
        return {"value": forms.IntegerField(label=_("Days"), min_value=1, max_value=MOST_DAYS)}
    return {}


class _DecimalField(forms.CharField):
    """With a point or a comma; comes out with a point."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value)).replace(",", ".").replace(" ", "")
        try:
            Decimal(text)
        except InvalidOperation:
            raise forms.ValidationError(_("Write a number, for example 1200 or 12.5.")) from None
        return text


def rule_data(rule: Rule, prefix: str) -> dict[str, str]:
    """A rule as the form's data."""
    raw = rule_written(rule)
    subject, test = str(raw.get("field")), str(raw.get("test"))
    value = raw.get("value", raw.get("number", raw.get("day", "")))
    if isinstance(rule, AddedRule):
        subject, test, value = "added", "after", str(rule.after)
    if isinstance(rule, GroupRule):
        subject, test, value = "group", "in" if rule.is_in else "not_in", rule.group
    written = {"subject": subject, "test": test, "value": value, "upper": raw.get("upper", "")}
    return {f"{prefix}-{name}": str(text) for name, text in written.items()}
