"""The messages to one number, as far as a member may see them."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

from django.core import signing
from django.db.models import Manager, Model, OuterRef, QuerySet

from portal.accounts.models import User
from portal.core.keyset import Keyset, KeysetPage
from portal.core.prepared import rows
from portal.core.walk import there_is
from portal.delivery.models import Message, Recipient, Skip
from portal.delivery.models.message import MessageQuerySet
from portal.delivery.selectors import outbox_entries
from portal.history.presenters import RecipientRow, SkipRow

# Rows for some ten milliseconds. So many of a number are looked at for whom they are; where the
# platform has more, so many of the member's messages are looked at for the number.
MOST_OF_A_NUMBER, LONGEST_WALK = 2_000, 2_000

M = TypeVar("M", bound=Model)

_NEWEST_FIRST = Keyset(Message, ("-id",))
_SALT = "history.to_number"
# Not told the number beforehand, PostgreSQL goes by the indexes of numbers: of one that it knows to
# be frequent it would rather look for so many among all recipients.
_MESSAGE_IDS = """
    WITH asked AS MATERIALIZED (SELECT %(phone)s::varchar AS phone)
    SELECT found.message_id
      FROM asked CROSS JOIN LATERAL (
           (SELECT message_id FROM delivery_recipient WHERE phone = asked.phone LIMIT %(most)s)
            UNION ALL
           (SELECT message_id FROM delivery_skip WHERE phone = asked.phone LIMIT %(most)s)
           ) AS found
"""


def messages_to(phone: str, *, member: User, cursor: str | None, size: int) -> KeysetPage[Message]:
    """Visible messages that go to ``phone`` (E.164 digits) or skip it, newest first.

    Of a number of very many messages a page may have fewer than ``size``, or none, and still a
    ``next_cursor``: it has looked at as many messages as one page may. A broken cursor gives the
    first page.
    """
    visible = Message.objects.visible_to(member).select_related("author")
    is_first = True
    with suppress(signing.BadSignature, *Keyset.NO_PLACE):
        place = signing.loads(cursor or "", salt=_SALT)
        visible, is_first = _NEWEST_FIRST.beyond(visible, place), False
    found, last_seen = _first(visible, phone, size + 1)
    last = found[size - 1].pk if len(found) > size else last_seen
    return KeysetPage(found[:size], _cursor(last) if last else None, is_first)


def rows_to(phone: str, messages: Sequence[Message]) -> list[RecipientRow | SkipRow]:
    """The number in each of ``messages``, in their order."""
    entries = outbox_entries([message.pk for message in messages])
    recipients = _to(
        Recipient.objects.select_related("envelope__settled_by", "envelope__own"), phone
    )
    sent = {one.message_id: one for one in recipients.filter(message__in=messages)}
    # Read last: a claim may have turned a recipient into a skip meanwhile.
    skipped = {one.message_id: one for one in _to(Skip.objects, phone).filter(message__in=messages)}
    shown: list[RecipientRow | SkipRow] = []
    for message in messages:
        if skip := skipped.get(message.pk):
            shown.append(SkipRow(skip, message))
        elif recipient := sent.get(message.pk):
            shown.append(RecipientRow(recipient, message, entries.get(message.pk)))
    return shown


def _first(visible: MessageQuerySet, phone: str, most: int) -> tuple[list[Message], int | None]:
    """Up to ``most``, and the id of the last message that was looked at where others are left."""
    known = rows(_MESSAGE_IDS, {"phone": phone, "most": MOST_OF_A_NUMBER})
    if len(known) >= MOST_OF_A_NUMBER:
        return _walked(visible, phone, most)
    among = visible.filter(pk__in={pk for (pk,) in known})
    return list(_NEWEST_FIRST.sorted(among)[:most]), None


def _walked(visible: MessageQuerySet, phone: str, most: int) -> tuple[list[Message], int | None]:
    goes_there = there_is(_to(Recipient.objects, phone).filter(message=OuterRef("pk")), probes=True)
    skips_it = there_is(_to(Skip.objects, phone).filter(message=OuterRef("pk")), probes=True)
    walk = _NEWEST_FIRST.walked(visible).annotate(fits=goes_there | skips_it)
    seen = list(walk.values_list("pk", "fits")[:LONGEST_WALK])
    found = [pk for pk, fits in seen if fits][:most]
    by_id = visible.in_bulk(found)
    is_cut = len(seen) == LONGEST_WALK
    return [by_id[pk] for pk in found], seen[-1][0] if is_cut else None


def _to(rows: "QuerySet[M] | Manager[M]", phone: str) -> QuerySet[M]:
    # As a range: the index of numbers, which has those of all messages, does not serve it.
    return rows.filter(phone__range=(phone, phone))


def _cursor(message_id: int) -> str:
    return signing.dumps(_NEWEST_FIRST.place(Message(pk=message_id)), salt=_SALT)
