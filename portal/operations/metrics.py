"""The portal's figures as Prometheus wants them.

Accounts and organisations go by their ids: names of customers are no business of a monitoring
system. All figures are read from the database, so it does not matter which web process answers.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from portal.delivery.meters import ANSWER_SECONDS
from portal.operations.readings import PLACES, AccountReading, Reading, read_all

ACCOUNT = ("account",)
GAUGES: tuple[tuple[str, str, Callable[[AccountReading], int]], ...] = (
    ("uncertain_envelopes", "Envelopes that wait for a person.", lambda a: a.uncertain_now),
    ("claims", "Claims that living workers hold.", lambda a: a.claims),
    ("connections_in_use", "Connections that workers hold.", lambda a: a.connections_leased),
    ("connections_allowed", "Connections that may be open.", lambda a: a.connections_allowed),
    ("account_paused", "1 where the account is paused.", lambda a: a.is_paused),
    ("account_backing_off", "1 where it waits after failures.", lambda a: a.backs_off),
)
OUTCOMES: tuple[tuple[str, Callable[[AccountReading], int]], ...] = (
    ("accepted", lambda a: a.accepted),
    ("rejected", lambda a: a.rejected),
    ("uncertain", lambda a: a.uncertain),
    ("put_off", lambda a: a.put_off),
)


class PortalCollector(Collector):
    """Reads once, at the time given. ``collect`` raises Django's database errors."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        reading = read_all(now=self._now)
        yield _info(reading)
        yield _queue(reading)
        yield self._oldest_due(reading)
        for name, about, value in GAUGES:
            gauge = GaugeMetricFamily(f"sms_portal_{name}", about, labels=ACCOUNT)
            for account in reading.accounts:
                gauge.add_metric([str(account.id)], value(account))
            yield gauge
        yield _outcomes(reading)
        yield _answers(reading)
        yield GaugeMetricFamily(
            "sms_portal_stopped",
            "1 while nothing is sent for anybody.",
            value=float(reading.is_stopped),
        )
        if reading.swept_at:
            yield GaugeMetricFamily(
                "sms_portal_last_sweep_timestamp_seconds",
                "When the last sweep was done.",
                value=reading.swept_at.timestamp(),
            )

    def _oldest_due(self, reading: Reading) -> Metric:
        oldest = GaugeMetricFamily(
            "sms_portal_oldest_due_seconds",
            "How long the oldest due envelope waits that nobody holds, paused or stopped.",
            labels=ACCOUNT,
        )
        for account in reading.accounts:
            since = reading.due_since.get(account.id, self._now)
            oldest.add_metric([str(account.id)], (self._now - since).total_seconds())
        return oldest


def _info(reading: Reading) -> Metric:
    info = GaugeMetricFamily(
        "sms_portal_account_info",
        "Whose account it is: the organisation's id.",
        labels=("account", "organisation"),
    )
    for account in reading.accounts:
        info.add_metric([str(account.id), str(account.organisation_id)], 1)
    return info


def _queue(reading: Reading) -> Metric:
    queue = GaugeMetricFamily(
        "sms_portal_queued_envelopes",
        "Envelopes in nobody's hands, by where they wait: returned ones were tried before.",
        labels=("account", "place"),
    )
    for account in reading.accounts:
        for place in PLACES:
            count = reading.queued.get((account.id, place), 0)
            queue.add_metric([str(account.id), place], count)
    return queue


def _outcomes(reading: Reading) -> Metric:
    total = CounterMetricFamily(
        "sms_portal_tries", "Ends of tries to hand an envelope over.", labels=("account", "outcome")
    )
    for account in reading.accounts:
        for outcome, count in OUTCOMES:
            total.add_metric([str(account.id), outcome], count(account))
    return total


def _answers(reading: Reading) -> Metric:
    histogram = HistogramMetricFamily(
        "sms_portal_smtp_seconds",
        "How long the operator took from MAIL to its answer to the closing dot.",
        labels=ACCOUNT,
    )
    edges = [*map(str, ANSWER_SECONDS), "+Inf"]
    for account in reading.accounts:
        counts = list(accumulate(account.answers)) or [0] * len(edges)
        histogram.add_metric(
            [str(account.id)],
            buckets=list(zip(edges, map(float, counts), strict=True)),
            sum_value=account.answer_seconds,
        )
    return histogram
