"""Mailings that repeat: their next time, and the one mailing that each time makes."""

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from portal.core.errors import Conflict, Refused
from portal.messaging.mailings.birthdays import birthdays_of
from portal.messaging.mailings.content import Content
from portal.messaging.models import OVER, Mailing, Stage
from portal.messaging.plans.recurrence import Recurrence


def next_time(series: Mailing, *, after: datetime) -> datetime | None:
    """None where there is none left."""
    recurrence = Recurrence.from_dict(series.repeats)
    return recurrence.next_after(after, zone=series.organisation.zone)


def put_next_time(series: Mailing, moment: datetime | None) -> None:
    """Without saving. "Not after" keeps its distance, and is none where there was no time before.
    Where there is no next time, the times stay as they are."""
    if moment is None:
        return
    expires_in = series.expires_at - series.due_at if series.expires_at and series.due_at else None
    series.due_at = moment
    series.expires_at = moment + expires_in if expires_in else None


def occurrence_make(series: Mailing, *, stage: Stage, now: datetime) -> Mailing:
    """The mailing of the time that has come, as its author confirmed the series: one for each
    time, by the database's word."""
    assert series.due_at is not None, "what repeats has a next time"
    occurrence = Mailing(
        organisation=series.organisation,
        author=series.author,
        series=series,
        stage=stage,
        form_key=f"series-{series.pk}-{series.due_at:%Y%m%d%H%M}",
        confirmed_at=now,
        vouched_by=series.vouched_by,
    )
    replace(Content.of(series), repeats=None).put_on(occurrence)
    occurrence.save(force_insert=True)
    return occurrence


def part_from_series(mailing: Mailing) -> None:
    """Before its author edits it, without saving: what was approved of a series holds for no other
    content. The people of birthdays are known by the series alone, as it is: of one of its times
    raises ``Refused``, and ``Conflict`` of the series while such a time waits."""
    if mailing.series and birthdays_of(mailing.series):
        raise Refused(
            _("Whose day it is, the repeating mailing says. Edit that one, and cancel this.")
        )
    if birthdays_of(mailing) and mailing.occurrences.exclude(stage__in=OVER).exists():
        raise Conflict(_("One of its times still waits. Release or cancel that first."))
    mailing.series = None
