"""The probes: alive, and ready to send."""

import json
import socket
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.delivery.claims import envelopes_claim
from portal.delivery.decisions import message_pause
from portal.delivery.gateways import gateway_pause, gateway_resume
from portal.delivery.models import GatewayAccount, Message, PlatformStop
from portal.delivery.sweep import sweep_outbox
from tests.factories import AdministratorFactory, submit_message
from tests.integration.delivery.engine_run import deliver, numbers

pytestmark = pytest.mark.django_db(transaction=True)

WELL = {"database": "ok", "broker": "ok", "queue": "ok", "sweep": "ok"}
LATER = timedelta(minutes=5)


def words_at(moment: datetime | None = None) -> dict[str, str]:
    """The words of /health/ready right after a sweep; the status has to agree."""
    with time_machine.travel(moment or timezone.now()):
        sweep_outbox()
        response = Client().get("/health/ready")
    words: dict[str, str] = response.json()
    assert response.status_code == (200 if words == WELL else 503)
    return words


@pytest.fixture
def due_long_ago(account: GatewayAccount, author: User) -> datetime:
    """Something has been due for long when this moment comes."""
    submit_message(author, *numbers(3))
    return timezone.now() + LATER


def test_a_portal_at_rest_is_ready(db: None) -> None:
    assert words_at() == WELL


def test_a_row_just_due_leaves_the_portal_ready(account: GatewayAccount, author: User) -> None:
    submit_message(author)
    assert words_at() == WELL


def test_an_old_due_row_that_nobody_claims_turns_it_red_and_sending_it_green(
    account: GatewayAccount, due_long_ago: datetime
) -> None:
    assert words_at(due_long_ago) == {**WELL, "queue": "failing"}
    with time_machine.travel(due_long_ago):
        deliver(account)
    assert words_at(due_long_ago) == WELL


def test_how_old_is_a_setting(settings: Settings, due_long_ago: datetime) -> None:
    settings.HEALTH_OLDEST_DUE_SECONDS = 600
    assert words_at(due_long_ago) == WELL


def test_pausing_its_account_turns_it_green_and_resuming_red(
    account: GatewayAccount, due_long_ago: datetime
) -> None:
    administrator = AdministratorFactory()
    gateway_pause(account=account, reason="unpaid", actor=administrator)
    assert words_at(due_long_ago) == WELL
    gateway_resume(account=account, actor=administrator)
    assert words_at(due_long_ago) == {**WELL, "queue": "failing"}


def test_pausing_its_message_turns_it_green(author: User, due_long_ago: datetime) -> None:
    message_pause(message=Message.objects.get(), actor=author)
    assert words_at(due_long_ago) == WELL


@pytest.mark.parametrize(
    ("until", "fields"),
    [("not_before", {}), ("next_slot", {"per_minute": 1})],
    ids=["backing off", "limited"],
)
def test_a_wait_of_the_account_is_no_neglect_and_its_end_starts_the_clock(
    due_long_ago: datetime, until: str, fields: dict[str, int]
) -> None:
    GatewayAccount.objects.update(**fields, **{until: due_long_ago})
    assert words_at(due_long_ago - timedelta(minutes=1)) == WELL
    assert words_at(due_long_ago + timedelta(minutes=1)) == WELL
    assert words_at(due_long_ago + LATER) == {**WELL, "queue": "failing"}


def test_while_the_platform_is_stopped_nothing_is_neglected(due_long_ago: datetime) -> None:
    PlatformStop.objects.create(stopped_at=timezone.now(), because="maintenance")
    assert words_at(due_long_ago) == WELL


def test_the_rest_of_a_message_waits_for_its_turn_while_a_worker_is_at_it(
    account: GatewayAccount, due_long_ago: datetime
) -> None:
    envelopes_claim(account_id=account.pk, most=1, now=due_long_ago - timedelta(seconds=30))
    assert words_at(due_long_ago) == WELL
    assert words_at(due_long_ago + LATER) == {**WELL, "queue": "failing"}


def test_the_rest_of_a_message_waits_for_its_turn_after_a_try_lately(
    account: GatewayAccount, author: User, due_long_ago: datetime
) -> None:
    GatewayAccount.objects.update(per_minute=1)
    with time_machine.travel(due_long_ago - timedelta(seconds=90)):
        assert len(deliver(account)) == 1
    assert words_at(due_long_ago) == WELL
    assert words_at(due_long_ago + LATER) == {**WELL, "queue": "failing"}


def test_without_a_sweep_for_long_it_is_red(db: None) -> None:
    assert Client().get("/health/ready").json() == {**WELL, "sweep": "failing"}
    sweep_outbox()
    with time_machine.travel(timezone.now() + LATER):
        assert Client().get("/health/ready").json() == {**WELL, "sweep": "failing"}


def test_without_its_broker_it_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        port = nobody_listens.getsockname()[1]
        for url in (f"redis://127.0.0.1:{port}/0", f"amqp://127.0.0.1:{port}//"):
            monkeypatch.setenv("CELERY_BROKER_URL", url)
            assert words_at() == {**WELL, "broker": "failing"}


def test_with_a_migration_still_to_do_it_is_red(db: None) -> None:
    forgotten = "DELETE FROM django_migrations WHERE app = 'delivery' AND name = '0001_initial'"
    try:
        with connection.cursor() as cursor:
            cursor.execute(forgotten)
        assert words_at() == {**WELL, "database": "failing"}
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES ('delivery', '0001_initial', now())"
            )


def test_without_its_database_it_is_red_but_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "NAME", "no_such_database")
    connection.close()
    browser = Client()
    assert browser.get("/health/ready").status_code == 503
    assert browser.get("/health/ready").json()["database"] == "failing"
    assert browser.get("/health/live").status_code == 200


def test_being_alive_takes_no_database(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        response = Client().get("/health/live")
    assert response.json() == {"process": "ok"}


@pytest.mark.parametrize("page", ["/health/live", "/health/ready"])
def test_probes_need_no_host_name_no_language_and_no_session(page: str) -> None:
    browser = Client(headers={"host": "10.0.0.7:8000"})
    browser.force_login(AdministratorFactory())
    response = browser.get(page)
    assert response.status_code in {200, 503}
    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies


@pytest.mark.parametrize("page", ["/health/live", "/health/ready"])
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_probes_are_only_read(page: str, method: str) -> None:
    response = getattr(Client(enforce_csrf_checks=True), method)(page)
    assert response.status_code == 405


@pytest.mark.parametrize("page", ["/health/live", "/metrics"])
def test_probes_are_not_sent_to_https(settings: Settings, page: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(page).status_code != 301


def test_the_command_says_the_same_and_fails_where_something_does(
    account: GatewayAccount, due_long_ago: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep_outbox()
    call_command("health")
    assert json.loads(capsys.readouterr().out) == WELL
    with time_machine.travel(due_long_ago), pytest.raises(CommandError, match="queue, sweep"):
        call_command("health")
    assert json.loads(capsys.readouterr().out) == {**WELL, "queue": "failing", "sweep": "failing"}
