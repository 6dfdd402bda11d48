"""Totals of the engine, for whoever watches it: kept by each run, added up in the database."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.core.prepared import rows
from portal.delivery.answers import Outcome
from sms.retry import Phase, Verdict

# Upper edges, inclusive, of how long the operator took from MAIL to the answer of the dot. Counts
# are stored by place, so other edges need a migration.
ANSWER_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
FLUSH_EVERY = timedelta(seconds=1)

_COUNTERS = ("accepted", "rejected", "uncertain", "put_off")
_COUNTED_AS = {
    Verdict.ACCEPTED: "accepted",
    Verdict.REJECTED: "rejected",
    Verdict.UNCERTAIN: "uncertain",
    Verdict.RETRY: "put_off",
    Verdict.PAUSE_ACCOUNT: "put_off",
}
# Accounts are locked in one order, so that two workers never wait for each other.
_ADD = """
    INSERT INTO delivery_accountmeter AS m (
           account_id, accepted, rejected, uncertain, put_off, answers, answer_seconds, metered_at)
    SELECT n.account_id, n.accepted, n.rejected, n.uncertain, n.put_off, n.answers::bigint[],
           n.seconds, %(now)s
      FROM unnest(%(accounts)s::bigint[], %(accepted)s::bigint[], %(rejected)s::bigint[],
                  %(uncertain)s::bigint[], %(put_off)s::bigint[], %(answers)s::text[],
                  %(seconds)s::float8[])
           AS n (account_id, accepted, rejected, uncertain, put_off, answers, seconds)
     ORDER BY n.account_id
        ON CONFLICT (account_id) DO UPDATE
       SET accepted = m.accepted + excluded.accepted,
           rejected = m.rejected + excluded.rejected,
           uncertain = m.uncertain + excluded.uncertain,
           put_off = m.put_off + excluded.put_off,
           answers = ARRAY(SELECT coalesce(had, 0) + coalesce(new, 0)
                             FROM unnest(m.answers, excluded.answers)
                                  WITH ORDINALITY AS both_of (had, new, place)
                            ORDER BY place),
           answer_seconds = m.answer_seconds + excluded.answer_seconds,
           metered_at = greatest(m.metered_at, excluded.metered_at)
"""
_MARK = """
    INSERT INTO delivery_sweepmark AS s (id, swept_at) VALUES (1, %(now)s)
        ON CONFLICT (id) DO UPDATE SET swept_at = greatest(s.swept_at, excluded.swept_at)
"""


@dataclass(slots=True)
class _Totals:
    """Of one account, since the last flush."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTERS, 0))
    answers: list[int] = field(default_factory=lambda: [0] * (len(ANSWER_SECONDS) + 1))
    seconds: float = 0.0

    def note(self, outcome: Outcome) -> None:
        self.counts[_COUNTED_AS[outcome.verdict]] += 1
        if outcome.phase is Phase.DOT and outcome.code is not None:
            # The clock may have been set back meanwhile.
            took = max(0.0, (outcome.ended_at - outcome.started_at).total_seconds())
            self.answers[bisect_left(ANSWER_SECONDS, took)] += 1
            self.seconds += took


class Meter:
    """Counts in memory, and adds to the database's totals when told to."""

    def __init__(self, now: datetime) -> None:
        self._totals: dict[int, _Totals] = defaultdict(_Totals)
        self._flushed_at = now

    def note(self, account_id: int, outcomes: Iterable[Outcome]) -> None:
        """These tries on the account are over."""
        for outcome in outcomes:
            self._totals[account_id].note(outcome)

    def note_vanished(self, account_ids: Iterable[int]) -> None:
        """An envelope of each of these accounts became uncertain with its worker."""
        for account_id in account_ids:
            self._totals[account_id].counts["uncertain"] += 1

    def flush_now_and_then(self, now: datetime) -> None:
        """Flush where the last time is a second ago."""
        if now >= self._flushed_at + FLUSH_EVERY:
            self.flush(now)

    def flush(self, now: datetime) -> None:
        """Add what was counted since the last time to the totals, by one statement.

        Raises Django's database errors, and has forgotten the counts then: whether they were
        added is not known.
        """
        totals, self._totals = self._totals, defaultdict(_Totals)
        self._flushed_at = now
        if totals:
            rows(_ADD, {"now": now, "accounts": list(totals), **_columns(totals.values())})


def _columns(totals: Collection[_Totals]) -> dict[str, list[object]]:
    counts: dict[str, list[object]] = {
        name: [one.counts[name] for one in totals] for name in _COUNTERS
    }
    return counts | {
        "answers": [f"{{{','.join(map(str, one.answers))}}}" for one in totals],
        "seconds": [one.seconds for one in totals],
    }


def sweep_mark(now: datetime) -> None:
    """A sweep was done."""
    rows(_MARK, {"now": now})
