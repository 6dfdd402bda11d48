"""Saved filters as questions to the database."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce, singledispatchmethod
from operator import and_, or_
from zoneinfo import ZoneInfo

from django.db.models import Case, DecimalField, F, Func, OuterRef, Q, TextField, Value, When
from django.db.models.functions import Cast
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Regex,
)

from portal.accounts.models import Organisation
from portal.contacts.groups.conditions import (
    AddedRule,
    Conditions,
    ConditionsBroken,
    DateRule,
    DateTest,
    GroupRule,
    Match,
    NumberRule,
    NumberTest,
    Rule,
    TextRule,
    TextTest,
    conditions_read,
)
from portal.contacts.groups.date_beginnings import beginnings_after, beginnings_before
from portal.contacts.models import SHARED, ContactField, FieldKind, Group, Membership
from portal.contacts.search_words import (
    day_lexeme,
    quoted,
    search_key,
    value_lexeme,
    word_lexeme,
)
from portal.core.walk import there_is

NOBODY = Q(pk__in=())
_KINDS = {TextRule: FieldKind.TEXT, DateRule: FieldKind.DATE, NumberRule: FieldKind.NUMBER}
# Larger numbers than these are compared as these.
_NUMBER = DecimalField(max_digits=40, decimal_places=15)


def found_by_filter(group: Group, *, now: datetime, probes: bool = False) -> Q:
    """Of contacts on the shelves of ``group``, a saved filter: those that it finds. Nobody where it
    asks about a field or a group that is gone: "is not" would find everybody."""
    try:
        conditions = conditions_read(group.conditions)
    except ConditionsBroken:
        return NOBODY
    return found_by(conditions, group.organisation, owner_id=group.owner_id, now=now, probes=probes)


def found_by(
    conditions: Conditions,
    organisation: Organisation,
    *,
    owner_id: int | None,
    now: datetime,
    probes: bool = False,
) -> Q:
    """``owner_id``: whose filter it is, None where the organisation's. ``probes``: asked of row
    after row, as a walk does."""
    if not is_whole(conditions, organisation, owner_id=owner_id):
        return NOBODY
    zone = ZoneInfo(organisation.time_zone)
    question = _Question(organisation.pk, zone, now.astimezone(zone).date(), probes)
    joined = and_ if conditions.match is Match.ALL else or_
    return reduce(joined, (question.of(rule) for rule in conditions.rules))


def is_member(group_id: int, *, probes: bool = False) -> Q:
    """Contacts that were picked into a static group."""
    return there_is(
        Membership.objects.filter(group=group_id, contact=OuterRef("pk")), probes=probes
    )


def is_filter_whole(group: Group) -> bool:
    """Whether all that a saved filter asks about is still there."""
    try:
        conditions = conditions_read(group.conditions)
    except ConditionsBroken:
        return False
    return is_whole(conditions, group.organisation, owner_id=group.owner_id)


def is_whole(conditions: Conditions, organisation: Organisation, *, owner_id: int | None) -> bool:
    """Whether all fields and static groups that it asks about are there for its owner."""
    own = ContactField.objects.filter(organisation=organisation, pk__in=conditions.fields)
    kinds = dict(own.values_list("pk", "kind"))
    groups = Group.objects.filter(
        organisation=organisation, shelf__in=(SHARED, owner_id or SHARED), conditions__isnull=True
    )
    known = set(groups.filter(pk__in=conditions.groups).values_list("pk", flat=True))
    return known == conditions.groups and all(_is_known(rule, kinds) for rule in conditions.rules)


def _is_known(rule: Rule, kinds: Mapping[int, str]) -> bool:
    field = getattr(rule, "field", None)
    return field is None or kinds.get(field) == _KINDS.get(type(rule))


@dataclass(frozen=True)
class _Question:
    organisation_id: int
    zone: ZoneInfo
    today: date
    probes: bool

    @singledispatchmethod
    def of(self, rule: Rule) -> Q:
        raise TypeError(rule)

    @of.register
    def _(self, rule: TextRule) -> Q:
        if rule.test is TextTest.IS_NOT:
            return ~self._is(rule)
        if rule.test is TextTest.IS:
            return self._is(rule)
        if rule.test is TextTest.BEGINS:
            return self._begins(rule)
        return _filled(rule.field) if rule.test is TextTest.NOT_EMPTY else ~_filled(rule.field)

    def _is(self, rule: TextRule) -> Q:
        if rule.field is None:
            return Q(search_key=search_key(rule.value)) & ~Q(name="")
        return self._holds(value_lexeme(self.organisation_id, rule.field, rule.value))

    def _begins(self, rule: TextRule) -> Q:
        if rule.field is not None:
            return self._holds(
                value_lexeme(self.organisation_id, rule.field, rule.value), is_beginning=True
            )
        words = search_key(rule.value).split()
        parts = (
            self._holds(word_lexeme(self.organisation_id, word), is_beginning=True)
            for word in words
        )
        return reduce(and_, parts) if words else NOBODY

    def _holds(self, *lexemes: str, is_beginning: bool = False) -> Q:
        ending = ":*" if is_beginning else ""
        return Q(lexemes__holds=" | ".join(quoted(lexeme) + ending for lexeme in lexemes))

    @of.register
    def _(self, rule: DateRule) -> Q:
        if rule.test in {DateTest.BEFORE, DateTest.AFTER}:
            return self._compared(rule)
        if rule.test in {DateTest.EMPTY, DateTest.NOT_EMPTY}:
            filled = _filled(rule.field)
            return filled if rule.test is DateTest.NOT_EMPTY else ~filled
        months = {DateTest.MONTH: rule.number, DateTest.THIS_MONTH: self.today.month}
        if rule.test in months:
            return self._on(rule.field, [(months[rule.test], None)])
        return self._on(rule.field, _days_of_year(self._days(rule)))

    def _compared(self, rule: DateRule) -> Q:
        """Dates of ISO 8601 compare as texts. Where few fit, the index of words finds them by their
        beginnings, which would take long to compare row after row."""
        is_before, day = rule.test is DateTest.BEFORE, str(rule.day)
        comparison = LessThan if is_before else GreaterThan
        fits = _filled(rule.field) & Q(comparison(_text_of(rule.field), Value(day)))
        if self.probes:
            return fits
        beginnings = beginnings_before(day) if is_before else beginnings_after(day)
        lexemes = (value_lexeme(self.organisation_id, rule.field, text) for text in beginnings)
        return fits & self._holds(*lexemes, is_beginning=True)

    def _days(self, rule: DateRule) -> Iterable[date]:
        first, count = self.today, 1
        if rule.test is DateTest.THIS_WEEK:
            first, count = self.today - timedelta(days=self.today.weekday()), 7
        if rule.test is DateTest.NEXT_DAYS:
            count = 1 + rule.number
        return (first + timedelta(days=number) for number in range(count))

    def _on(self, field: int, days: Collection[tuple[int, int | None]]) -> Q:
        return self._holds(
            *(day_lexeme(self.organisation_id, field, month, day) for month, day in days)
        )

    @of.register
    def _(self, rule: NumberRule) -> Q:
        filled = _filled(rule.field)
        if rule.test in {NumberTest.EMPTY, NumberTest.NOT_EMPTY}:
            return filled if rule.test is NumberTest.NOT_EMPTY else ~filled
        number, value = _number_of(rule.field), Value(rule.value, output_field=_NUMBER)
        if rule.test is NumberTest.EQUALS:
            return self._written_so(rule) & Q(Exact(number, value))
        if rule.test is NumberTest.LESS:
            return filled & Q(LessThan(number, value))
        if rule.test is NumberTest.MORE:
            return filled & Q(GreaterThan(number, value))
        not_more = LessThanOrEqual(number, Value(rule.upper, output_field=_NUMBER))
        return filled & Q(GreaterThanOrEqual(number, value)) & Q(not_more)

    def _written_so(self, rule: NumberRule) -> Q:
        """Numbers that begin as the rule's, which the index of words has: few of all that are
        written, and with them each that equals it."""
        assert rule.value is not None
        text = f"{rule.value.normalize() + 0:f}"
        lexeme = quoted(value_lexeme(self.organisation_id, rule.field, text))
        if "." in text:
            return Q(lexemes__holds=f"{lexeme}:*")
        with_point = quoted(value_lexeme(self.organisation_id, rule.field, f"{text}."))
        return Q(lexemes__holds=f"{lexeme} | {with_point}:*")

    @of.register
    def _(self, rule: AddedRule) -> Q:
        following = datetime.combine(rule.after + timedelta(days=1), time(), tzinfo=self.zone)
        return Q(created_at__gte=following)

    @of.register
    def _(self, rule: GroupRule) -> Q:
        picked = is_member(rule.group, probes=self.probes)
        return picked if rule.is_in else ~picked


def _days_of_year(days: Iterable[date]) -> list[tuple[int, int | None]]:
    """Who was born on 29 February has the day before where the year has none."""
    found: list[tuple[int, int | None]] = []
    for day in days:
        found.append((day.month, day.day))
        if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
            found.append((2, 29))
    return found


def _filled(field: int | None) -> Q:
    return ~Q(name="") if field is None else Q(field_values__has_key=str(field))


def _text_of(field: int) -> Func:
    """Django would take the key, for it is digits, for a place in a list."""
    return Func(
        F("field_values"),
        Value(str(field)),
        function="jsonb_extract_path_text",
        output_field=TextField(),
    )


def _number_of(field: int) -> Case:
    """PostgreSQL promises no order of AND: what is no number must not be cast."""
    is_number = Regex(_text_of(field), Value(r"^-?[0-9]{1,24}(\.[0-9]{1,15})?$"))
    return Case(When(is_number, then=Cast(_text_of(field), _NUMBER)), default=None)
