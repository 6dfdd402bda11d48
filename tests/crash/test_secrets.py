"""The operator's passwords are in the e-mail and in its SMTP session, and nowhere else."""

import hashlib
import logging
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.delivery.models import Attempt, Envelope, GatewayAccount, Message
from portal.delivery.selectors import message_counts
from portal.embedded.sandbox import SandboxOperator
from portal.senders.models import SenderName
from sms.secret import Secret
from tests.crash.canary import (
    SMS_PASSWORD,
    SMTP_PASSWORD,
    files_with_a_password,
    shows_a_password,
    tables_with_a_password,
)
from tests.crash.conftest import Campaign
from tests.crash.processes import Workshop
from tests.crash.recovery import Beat
from tests.factories import AdministratorFactory
from tests.integration.admin.pages import page_url
from tests.integration.delivery.operator_thread import operator_in_thread
from tests.patience import until
from tests.unit.sms.fake_operator import OBEDIENT

TALKATIVE = {"PORTAL_LOG_LEVEL": "DEBUG", "PORTAL_DEBUG": "1", "PYTHONASYNCIODEBUG": "1"}
AUTH = OBEDIENT | {"EHLO": b"250-operator\r\n250-AUTH PLAIN\r\n250 8BITMIME"}
HTMX_STOP_POLLING = 286

SearchEverywhere = Callable[[Message], None]


@pytest.fixture
def operator_password() -> Secret:
    return Secret(SMS_PASSWORD)


@pytest.fixture
def account(account: GatewayAccount) -> GatewayAccount:
    account.smtp_password = Secret(SMTP_PASSWORD)
    account.save()
    return account


@pytest.fixture
def search_everywhere(
    author: User, workshop: Workshop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> SearchEverywhere:
    """Fails where a password is in a log, a file, the database or on a page."""
    caplog.set_level(logging.DEBUG)

    def search(message: Message) -> None:
        assert any(b"UPDATE" in log.read_bytes() for log in workshop.logs.iterdir()), "no debug log"
        for page in (*member_pages(author, message), *administrator_pages(message)):
            assert not shows_a_password(page)
        assert files_with_a_password([tmp_path, settings.DATA_DIR]) == []
        assert tables_with_a_password() == []
        assert not shows_a_password(caplog.text.encode())

    return search


def member_pages(member: User, message: Message) -> list[bytes]:
    browser = Client()
    browser.force_login(member)
    sender = SenderName.objects.get(pk=message.sender_name_id).value
    typed = {"sender": sender, "numbers": "79210000000", "text": "Привет", "form_key": "k"}
    pages = [
        browser.get(reverse("history:messages")),
        browser.get(reverse("history:message", args=[message.pk])),
        browser.get(reverse("history:progress", args=[message.pk])),
        browser.get(reverse("messaging:compose")),
        browser.post(reverse("messaging:live"), typed),
        browser.post(reverse("messaging:confirm"), typed),
    ]
    assert "••••••" in pages[-2].content.decode()
    return [content_of(page) for page in pages]


def administrator_pages(message: Message) -> list[bytes]:
    browser = Client()
    browser.force_login(AdministratorFactory())
    urls = [
        page_url(obj, "change")
        for model in admin.site._registry
        for obj in model._default_manager.all()
    ]
    urls += [page_url(model, "changelist") for model in admin.site._registry]
    assert page_url(message, "change") in urls
    pages = [browser.get(url) for url in urls]
    return [content_of(page) for page in pages]


def content_of(page: Any) -> bytes:
    assert page.status_code in {HTTPStatus.OK, HTMX_STOP_POLLING}
    return bytes(page.content)


def settled(message: Message) -> dict[str, int]:
    until(Beat(message).all_is_over)
    return message_counts(message.pk)


def test_an_accepted_letter_alone_holds_the_operator_password(
    campaign: Campaign,
    account: GatewayAccount,
    operator: SandboxOperator,
    workshop: Workshop,
    search_everywhere: SearchEverywhere,
) -> None:
    message = campaign(1)
    workshop.celery("tests.crash.talkative_portal", **TALKATIVE)
    assert settled(message) == {"accepted": 1}

    expected = (
        f"SmsUser=acme\r\nPassword={SMS_PASSWORD}\r\nSourceAddress={message.sender_value}\r\n"
        "PhoneNumber=79210000000\r\nПривет, мир!\r\n"
    )
    digest = hashlib.sha256(expected.encode("cp1251")).hexdigest()
    assert [letter.body_sha256 for letter in operator.letters()] == [digest]
    search_everywhere(message)


def test_a_letter_that_the_operator_refuses_leaves_no_password(
    campaign: Campaign,
    account: GatewayAccount,
    operator: SandboxOperator,
    workshop: Workshop,
    search_everywhere: SearchEverywhere,
) -> None:
    GatewayAccount.objects.update(sms_user="somebody-else")
    message = campaign(1)
    workshop.celery("tests.crash.talkative_portal", **TALKATIVE)
    assert settled(message) == {"rejected": 1}

    assert Attempt.objects.get().reply == "login refused"
    search_everywhere(message)


@pytest.mark.parametrize(
    ("script", "state"),
    [
        (AUTH, "accepted"),
        (AUTH | {"DOT": f"554 bad Password={SMS_PASSWORD}".encode("cp1251")}, "rejected"),
        (AUTH | {"DOT": f"554 bad Password={SMS_PASSWORD}".encode()}, "rejected"),
    ],
)
def test_a_server_with_a_login_gets_both_passwords_and_nobody_else(
    script: dict[str, bytes],
    state: str,
    campaign: Campaign,
    account: GatewayAccount,
    workshop: Workshop,
    search_everywhere: SearchEverywhere,
) -> None:
    with operator_in_thread({**script}) as server:
        GatewayAccount.objects.update(port=server.server.port, smtp_user="portal")
        message = campaign(1)
        workshop.celery("tests.crash.talkative_portal", **TALKATIVE)
        assert settled(message) == {state: 1}

    assert any(shows_a_password(command) for command in server.commands)
    assert shows_a_password(server.bodies[0])
    search_everywhere(message)


def test_a_refused_login_that_quotes_the_password_leaves_none(
    campaign: Campaign,
    account: GatewayAccount,
    workshop: Workshop,
    search_everywhere: SearchEverywhere,
) -> None:
    script = AUTH | {"AUTH": f"535 {SMTP_PASSWORD} is wrong".encode()}
    with operator_in_thread(script) as server:
        GatewayAccount.objects.update(port=server.server.port, smtp_user="portal")
        message = campaign(1)
        workshop.celery("tests.crash.talkative_portal", **TALKATIVE)
        until(lambda: GatewayAccount.objects.get().is_paused)

    assert "is wrong" in GatewayAccount.objects.get().paused_reason
    search_everywhere(message)


def test_an_error_amid_the_letter_leaves_no_password_in_the_worker_s_log(
    campaign: Campaign,
    account: GatewayAccount,
    operator: SandboxOperator,
    workshop: Workshop,
    search_everywhere: SearchEverywhere,
) -> None:
    message = campaign(1)
    workshop.celery("tests.crash.leaky_portal", **TALKATIVE)
    until(lambda: any(b"before the dot" in log.read_bytes() for log in workshop.logs.iterdir()))

    assert operator.letters() == []
    assert Envelope.objects.get().state == "queued"
    search_everywhere(message)


def test_the_search_would_find_a_password(account: GatewayAccount, tmp_path: Path) -> None:
    GatewayAccount.objects.update(last_failure=f"said {SMTP_PASSWORD}")
    (tmp_path / "note").write_text(SMS_PASSWORD, encoding="cp1251")

    assert tables_with_a_password() == ["delivery_gatewayaccount"]
    assert files_with_a_password([tmp_path]) == [tmp_path / "note"]
