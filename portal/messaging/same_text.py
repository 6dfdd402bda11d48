"""Whether people got the very same text lately: told before it goes, and no reason to refuse."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Value
from django.db.models.functions import MD5

from portal.core.prepared import rows_planned_now
from portal.delivery.models import Message, State

LATELY = timedelta(hours=24)
# Numbers times messages: so many looks into an index take some ten milliseconds.
MOST_LOOKS, MOST_NUMBERS, MOST_MESSAGES = 20_000, 1_000, 1_000
# Of these nothing arrived, or will.
_NOT_SENT = [State.REJECTED, State.CANCELLED, State.EXPIRED, State.SKIPPED, State.REPLACED]
_GOT_IT = """
    SELECT count(DISTINCT phone), max(message_id)
      FROM delivery_recipient
     WHERE message_id = ANY(%(messages)s) AND phone = ANY(%(phones)s)
       AND (SELECT state <> ALL(%(not_sent)s) FROM delivery_envelope AS envelope
             WHERE envelope.id = envelope_id)
"""


@dataclass(frozen=True)
class SameText:
    """``count`` of the first ``asked`` numbers got it, the last of them at ``last_at``."""

    count: int
    asked: int
    last_at: datetime


def same_text_lately(
    *, organisation_id: int, text: str, phones: Iterable[str], now: datetime
) -> SameText | None:
    """How many of ``phones`` the organisation sent ``text`` to in the last 24 hours, None for
    nobody. ``text``: as a message keeps it, prepared and with its placeholders. Of a long audience
    the first thousand are looked at, or fewer where the text went out very often."""
    sent = _sent_lately(organisation_id, text, now)
    if not sent:
        return None
    asked = list(islice(phones, min(MOST_NUMBERS, MOST_LOOKS // len(sent))))
    [(count, last)] = rows_planned_now(
        _GOT_IT, {"messages": list(sent), "phones": asked, "not_sent": _NOT_SENT}
    )
    return SameText(count, len(asked), sent[last]) if count else None


def _sent_lately(organisation_id: int, text: str, now: datetime) -> dict[int, datetime]:
    """The newest messages of this text, and when each was submitted."""
    lately = Message.objects.alias(digest=MD5("text")).filter(
        organisation=organisation_id,
        digest=MD5(Value(text)),
        text=text,
        created_at__gt=now - LATELY,
    )
    return dict(lately.order_by("-created_at").values_list("pk", "created_at")[:MOST_MESSAGES])
