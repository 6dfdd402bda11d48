"""Reads of what is on its way to leave."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet

from portal.accounts.models import User
from portal.delivery.models import Message
from portal.messaging.models import UNSEEN, Mailing, MailingQuerySet, Stage

MOST_QUEUED = 100


class Tab(StrEnum):
    PLANNED = "planned"
    DRAFTS = "drafts"
    APPROVAL = "approval"
    HELD = "held"
    ALL = "all"


_STAGES: dict[Tab, Sequence[str]] = {
    Tab.PLANNED: (Stage.PLANNED, Stage.REPEATING),
    Tab.DRAFTS: UNSEEN,
    Tab.APPROVAL: (Stage.IN_APPROVAL,),
    Tab.HELD: (Stage.HELD,),
    Tab.ALL: Stage.values,
}
# What leaves next comes first; elsewhere what was made last.
_ORDERS: dict[Tab, Sequence[str]] = {Tab.PLANNED: ("due_at", "id")}


def mailings_under(tab: Tab, member: User) -> MailingQuerySet:
    return Mailing.objects.visible_to(member).filter(stage__in=_STAGES[tab])


def order_of(tab: Tab) -> Sequence[str]:
    return _ORDERS.get(tab, ("-id",))


def planned_between(member: User, start: datetime, end: datetime) -> QuerySet[Mailing]:
    """Those that leave once, whether or not somebody has yet to agree."""
    once = mailings_under(Tab.ALL, member).filter(
        stage__in=(Stage.PLANNED, Stage.IN_APPROVAL), repeats__isnull=True
    )
    return once.filter(due_at__gte=start, due_at__lt=end).order_by("due_at", "id")


def repeating(member: User) -> QuerySet[Mailing]:
    return mailings_under(Tab.PLANNED, member).filter(stage=Stage.REPEATING).order_by("due_at")


def queued_for_later(member: User, *, now: datetime) -> QuerySet[Message]:
    """Messages that were submitted already, and wait for their time; soonest first."""
    visible = Message.objects.visible_to(member).select_related("wave__mailing", "author")
    waiting = visible.filter(outbox_entry__due_at__gt=now, outbox_entry__cancelled_by=None)
    return waiting.order_by("due_at", "id")
