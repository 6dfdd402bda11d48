"""Mailings that go each day to those whose day it is."""

from datetime import datetime

from django.db.models import Q

from portal.contacts.groups.condition_queries import found_by
from portal.contacts.groups.conditions import Conditions, DateRule, DateTest, Match
from portal.messaging.models import Mailing
from portal.messaging.plans.recurrence import Birthdays, Recurrence


def birthdays_of(series: Mailing) -> Birthdays | None:
    """The rule of a mailing that goes to each one's birthday, None of another."""
    rule = Recurrence.from_dict(series.repeats).rule if series.repeats else None
    return rule if isinstance(rule, Birthdays) else None


def whose_day_it_is(mailing: Mailing, *, now: datetime) -> Q | None:
    """Of contacts, those whose day is that of ``now`` on the organisation's clocks; None where the
    mailing does not ask for it, nobody where the field is gone that it asks about. What repeats is
    itself prepared for all whose day may come."""
    rule = birthdays_of(mailing.series) if mailing.series else None
    if rule is None:
        return None
    today = Conditions((DateRule(rule.field, DateTest.TODAY),), Match.ALL)
    return found_by(today, mailing.organisation, owner_id=mailing.author_id, now=now)
