"""The sums and the hash of what a mailing was prepared into."""

import hashlib
from collections.abc import Iterator

from django.db import connection
from django.utils import timezone

from portal.messaging.mailings.reach import PreparedReach
from portal.messaging.models import Mailing

_SUMS = """
    SELECT left_out, count(*), sum(segments), max(segments)
      FROM messaging_preparedrecipient WHERE mailing_id = %(mailing)s GROUP BY left_out
"""
_PART = 5000
# Within the database: a million texts need not travel.
_PAGE = f"""
    SELECT max(position),
           sha256(convert_to(string_agg(phone || E'\\x1f' || text, E'\\x1e' ORDER BY position),
                             'UTF8'))
      FROM (SELECT position, phone, text FROM messaging_preparedrecipient
             WHERE mailing_id = %(mailing)s AND position > %(after)s AND left_out = ''
             ORDER BY position LIMIT {_PART}) AS page
"""  # noqa: S608 - no value is formatted in


def snapshot_take(mailing: Mailing) -> None:
    """Put sums, cost and hash on the mailing, without saving: all its people are prepared."""
    mailing.prepared_at = timezone.now()
    sums_take(mailing)
    mailing.snapshot_hash = _hash(mailing)


def sums_take(mailing: Mailing) -> None:
    """Put how many it reaches, their segments and cost on the mailing, without saving."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"mailing": mailing.pk})
        sums = {left_out: counts for left_out, *counts in cursor.fetchall()}
    reached, in_all, most = sums.pop("", (0, 0, 0))
    mailing.reached, mailing.segments_in_all, mailing.most_segments = reached, int(in_all), most
    mailing.cost = mailing.organisation.price_per_segment * mailing.segments_in_all
    left_out = {reason: count for reason, (count, *_sizes) in sums.items()}
    mailing.reach = PreparedReach.from_dict({**mailing.reach, "left_out": left_out}).as_dict()


def _hash(mailing: Mailing) -> str:
    """SHA-256 (hex) of all that makes the SMS, when they leave, and their price."""
    times = (mailing.due_at, mailing.expires_at, mailing.window_from, mailing.window_until)
    parts = (
        mailing.sender_value,
        mailing.text,
        *(moment.isoformat() if moment else "" for moment in times),
        mailing.by_recipient_zone,
        mailing.repeats,
        mailing.canary_size,
        mailing.canary_minutes,
        mailing.cost,
    )
    digest = hashlib.sha256("\x00".join(map(str, parts)).encode())
    for page in _pages(mailing):
        digest.update(page)
    return digest.hexdigest()


def _pages(mailing: Mailing) -> Iterator[bytes]:
    after = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_PAGE, {"mailing": mailing.pk, "after": after})
            [(last, page)] = cursor.fetchall()
            if last is None:
                return
            yield bytes(page)
            after = last
