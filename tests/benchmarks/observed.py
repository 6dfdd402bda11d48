"""What the portal's own rows say of times: read only, past the portal."""

from typing import LiteralString

import psycopg

from tests.benchmarks.ours import Portal

_ANSWERED: LiteralString = """
    SELECT organisation.name, extract(epoch FROM envelope.answered_at)::float8
    FROM delivery_envelope envelope
    JOIN delivery_message message ON message.id = envelope.message_id
    JOIN accounts_organisation organisation ON organisation.id = message.organisation_id
    WHERE envelope.state = 'accepted'
"""
_WAITED: LiteralString = """
    SELECT extract(epoch FROM max(envelope.answered_at) - message.created_at)::float8
    FROM delivery_envelope envelope
    JOIN delivery_message message ON message.id = envelope.message_id
    WHERE message.id = ANY(%s)
    GROUP BY message.id
    HAVING bool_and(envelope.state = 'accepted')
"""


def answered_by_organisation(portal: Portal) -> dict[str, list[float]]:
    """When each e-mail was accepted, in seconds of the epoch, by organisation."""
    times: dict[str, list[float]] = {}
    with psycopg.connect(portal.database) as connection:
        for name, moment in connection.execute(_ANSWERED):
            times.setdefault(name, []).append(moment)
    return times


def seconds_until_accepted(portal: Portal, message_ids: list[str]) -> list[float]:
    """From submitted to accepted, for those of the messages that are accepted."""
    with psycopg.connect(portal.database) as connection:
        found = connection.execute(_WAITED, [list(map(int, message_ids))])
        return [seconds for (seconds,) in found]
