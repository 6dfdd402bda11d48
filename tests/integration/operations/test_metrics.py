"""What Prometheus finds at /metrics, and who may read it."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.delivery.answers import group_commit
from portal.delivery.claims import envelopes_claim
from portal.delivery.connections import connections_lease
from portal.delivery.engine import deliver_account
from portal.delivery.models import GatewayAccount, HeldBecause, Message, OutboxEntry, PlatformStop
from portal.delivery.sweep import sweep_outbox
from tests.factories import submit_message
from tests.integration.delivery.engine_run import deliver, numbers, sandbox
from tests.integration.operations.scrape import TOKEN, name_of, scrape
from tests.unit.sms.fake_operator import OBEDIENT, Fault

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


@pytest.fixture
def of_account(account: GatewayAccount) -> "Figures":
    return Figures(account.pk)


class Figures:
    """Figures of one account, read anew each time."""

    def __init__(self, account_id: int) -> None:
        self._account_id = account_id

    def __call__(self, name: str, **labels: str) -> float:
        return scrape()[name_of(f"sms_portal_{name}", account=self._account_id, **labels)]

    def tries(self, outcome: str) -> float:
        return self("tries_total", outcome=outcome)

    def queued(self) -> dict[str, float]:
        places = ("due", "scheduled", "returned", "held", "paused")
        found = {place: self("queued_envelopes", place=place) for place in places}
        return {place: count for place, count in found.items() if count}


def entry_of(message: Message) -> OutboxEntry:
    return OutboxEntry.objects.get(message=message)


def test_what_was_accepted_is_counted_over_all_runs(
    account: GatewayAccount, author: User, of_account: Figures
) -> None:
    for _run in range(2):
        submit_message(author, *numbers(3))
        deliver(account)
    assert of_account.tries("accepted") == 6
    assert of_account("smtp_seconds_count") == 6
    assert of_account("smtp_seconds_bucket", le="+Inf") == 6
    assert 0 < of_account("smtp_seconds_sum") < 60
    assert of_account.queued() == {}


@pytest.mark.parametrize(
    ("answer", "outcome", "has_latency"),
    [
        (b"554 no", "rejected", True),
        (b"451 later", "put_off", True),
        (Fault.CLOSE, "uncertain", False),
    ],
)
def test_what_was_not_accepted_is_counted_by_its_outcome(
    account: GatewayAccount,
    author: User,
    of_account: Figures,
    answer: bytes | Fault,
    outcome: str,
    has_latency: bool,
) -> None:
    submit_message(author)
    deliver(account, OBEDIENT | {"DOT": answer})
    assert of_account.tries(outcome) == 1
    assert of_account.tries("accepted") == 0
    assert of_account("smtp_seconds_count") == has_latency


def test_buckets_of_latency_add_up(
    account: GatewayAccount, author: User, of_account: Figures
) -> None:
    submit_message(author, *numbers(5))
    deliver(account)
    prefix = f"sms_portal_smtp_seconds_bucket{{account={account.pk},le="
    counts = [count for name, count in scrape().items() if name.startswith(prefix)]
    assert counts == sorted(counts)
    assert counts[-1] == 5


def test_a_slow_answer_is_in_no_quick_bucket(
    account: GatewayAccount, author: User, of_account: Figures, tmp_path: Path
) -> None:
    submit_message(author)
    with sandbox(tmp_path, account, latency_ms=60):
        deliver_account(account.pk)
    assert of_account("smtp_seconds_bucket", le="0.05") == 0
    assert of_account("smtp_seconds_bucket", le="+Inf") == 1
    assert of_account("smtp_seconds_sum") >= 0.06


def test_envelopes_that_vanished_with_their_worker_are_counted_uncertain(
    account: GatewayAccount, author: User, of_account: Figures
) -> None:
    submit_message(author)
    claimed = envelopes_claim(account_id=account.pk, most=1, now=timezone.now())
    group_commit(outcomes=(), passing=claimed.envelopes, now=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        sweep_outbox()
    assert of_account.tries("uncertain") == 1
    assert of_account("uncertain_envelopes") == 1


def test_the_queue_is_shown_by_where_envelopes_wait(author: User, of_account: Figures) -> None:
    submit_message(author, *numbers(2))
    submit_message(author, *numbers(3), due_at=timezone.now() + timedelta(hours=1))
    held = entry_of(submit_message(author, *numbers(4)))
    held.held_because = HeldBecause.AUTHOR_DISABLED
    held.save()
    paused = entry_of(submit_message(author, *numbers(5)))
    paused.paused_at, paused.paused_by = timezone.now(), author
    paused.save()
    assert of_account.queued() == {"due": 2, "scheduled": 3, "held": 4, "paused": 5}


def test_what_the_operator_put_off_waits_among_the_returned(
    account: GatewayAccount, author: User, of_account: Figures
) -> None:
    submit_message(author)
    deliver(account, OBEDIENT | {"DOT": b"451 later"})
    assert of_account.queued() == {"returned": 1}


def test_the_oldest_due_envelope_is_as_old_as_it_waits(
    account: GatewayAccount, author: User, of_account: Figures
) -> None:
    assert of_account("oldest_due_seconds") == 0
    with time_machine.travel(timezone.now() - timedelta(minutes=10)):
        submit_message(author)
    submit_message(author)
    assert of_account("oldest_due_seconds") == pytest.approx(600, abs=30)
    GatewayAccount.objects.update(paused_reason="auth: 535 no")
    assert of_account("oldest_due_seconds") == 0


def test_pauses_waits_and_stops_are_flags(account: GatewayAccount, of_account: Figures) -> None:
    assert (of_account("account_paused"), of_account("account_backing_off")) == (0, 0)
    assert scrape()["sms_portal_stopped{}"] == 0
    account.paused_reason = "auth: 535 no"
    account.not_before = timezone.now() + timedelta(minutes=1)
    account.save()
    PlatformStop.objects.create(stopped_at=timezone.now(), because="maintenance")
    assert (of_account("account_paused"), of_account("account_backing_off")) == (1, 1)
    assert scrape()["sms_portal_stopped{}"] == 1


def test_connections_and_claims_of_living_workers_are_counted(
    account: GatewayAccount, author: User, of_account: Figures
) -> None:
    submit_message(author, *numbers(3))
    connections_lease(account_id=account.pk, most=1, now=timezone.now())
    envelopes_claim(account_id=account.pk, most=2, now=timezone.now())
    assert of_account("connections_in_use") == 1
    assert of_account("connections_allowed") == 2
    assert of_account("claims") == 1
    assert of_account.queued() == {"due": 1}


def test_the_last_sweep_has_a_time(db: None) -> None:
    assert "sms_portal_last_sweep_timestamp_seconds{}" not in scrape()
    sweep_outbox()
    swept_at = scrape()["sms_portal_last_sweep_timestamp_seconds{}"]
    assert swept_at == pytest.approx(timezone.now().timestamp(), abs=30)


def test_no_name_number_or_text_is_told(account: GatewayAccount, author: User) -> None:
    submit_message(author, text="canary")
    response = Client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    told = response.content.decode()
    assert account.organisation.name not in told
    assert not any(secret in told for secret in ("canary", "7921", account.sms_user))


def test_a_scrape_takes_few_queries_however_many_accounts(account: GatewayAccount) -> None:
    with CaptureQueriesContext(connection) as captured:
        scrape()
    # Those that are prepared are not even seen here.
    assert len(captured) <= 3


@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer wrong", "Basic " + TOKEN, "Bearer ключ"])
def test_without_the_right_token_nothing_is_told(shown: str) -> None:
    response = Client().get("/metrics", headers={"authorization": shown})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.content == b""


def test_where_no_token_is_set_there_is_no_such_page(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    for shown in ("", "Bearer ", "Bearer None"):
        assert Client().get("/metrics", headers={"authorization": shown}).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_figures_are_only_read(method: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    response = getattr(browser, method)("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 405


@pytest.mark.parametrize(
    ("accepted", "kind"),
    [
        ("", "text/plain"),
        ("application/openmetrics-text; version=1.0.0,text/plain;q=0.5", "application/openmetrics"),
        ("text/plain; version=x", "text/plain"),
        ("application/openmetrics-text; version=x.y", "text/plain"),
    ],
)
def test_the_scraper_chooses_the_format(accepted: str, kind: str) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "accept": accepted}
    response = Client().get("/metrics", headers=headers)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(kind)


def test_a_scrape_needs_no_host_name_and_leaves_no_session() -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "host": "10.0.0.7:8000"}
    response = Client().get("/metrics", headers=headers)
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies
    assert "Content-Security-Policy" in response.headers
