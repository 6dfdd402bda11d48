"""Django's debug page shows every local variable of every frame; no password may be among them."""

import asyncio
import sys
from collections.abc import Callable
from typing import NoReturn

import pytest
from django.test import RequestFactory
from django.views.debug import ExceptionReporter
from pytest_django import Settings

from portal.accounts.models import User
from portal.delivery.gateways import smtp_server_of
from portal.delivery.letters import Stationery
from portal.delivery.models import Envelope, GatewayAccount
from sms.lane import Lane, Mail
from sms.secret import Secret
from sms.smtp import SmtpFailure
from sms.stationery import EmailOrder
from tests.factories import GatewayAccountFactory, MemberFactory, submit_message
from tests.integration.delivery.operator_thread import operator_in_thread
from tests.unit.sms.fake_operator import OBEDIENT, Fault, Script
from tests.unit.sms.operator_on_paper import Notes

pytestmark = pytest.mark.django_db

SMS_PASSWORD, SMTP_PASSWORD = "canary-sms-пароль", "canary-smtp"
# As text, as cp1251 escapes in a repr, and in the base64 of AUTH PLAIN and AUTH LOGIN.
SPELLINGS = (
    "canary",
    "\\xef\\xe0\\xf0\\xee\\xeb\\xfc",
    "Y2FuYXJ5",
    "AGNhbmFye",
    "jYW5hcnkt",
    "bmFyeS",
)
STEPS = ("join_mail", "join_body", "choose_transfer_encoding", "credential_lines")
WITH_LOGIN = OBEDIENT | {"EHLO": b"250-operator\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME"}
PLAIN_ONLY = OBEDIENT | {"EHLO": b"250-operator\r\n250-AUTH PLAIN\r\n250 8BITMIME"}
LOGIN_ONLY = OBEDIENT | {"EHLO": b"250-operator\r\n250-AUTH LOGIN\r\n250 8BITMIME"}


@pytest.fixture
def envelope() -> Envelope:
    author: User = MemberFactory()
    GatewayAccountFactory(
        organisation=author.organisation,
        smtp_user="portal",
        smtp_password=Secret(SMTP_PASSWORD),
        sms_password=Secret(SMS_PASSWORD),
    )
    return submit_message(author).envelopes.get()


def debug_page(failing: Callable[[], object], settings: Settings) -> str:
    """What Django shows of the error that the call ends in."""
    settings.DEBUG = True
    try:
        failing()
    except Exception:
        reporter = ExceptionReporter(RequestFactory().get("/"), *sys.exc_info())
        return reporter.get_traceback_html() + reporter.get_traceback_text()
    pytest.fail("there was no error")


def assert_no_password(page: str) -> None:
    assert [spelling for spelling in SPELLINGS if spelling in page] == []


def write_mail(envelope: Envelope) -> bytes:
    """As the engine writes it."""
    message = envelope.message
    order = EmailOrder(
        numbers=tuple(envelope.recipients.values_list("phone", flat=True)),
        sender=message.sender_value,
        text=message.text,
        message_id=envelope.message_id_header,
        date=message.created_at,
    )
    return Stationery(envelope.account).mail_bytes(order, server_has_8bitmime=True)[0]


@pytest.mark.parametrize("step", STEPS)
def test_an_error_while_the_letter_is_written_shows_no_password(
    step: str, envelope: Envelope, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **named: object) -> NoReturn:
        raise RuntimeError("no letter", arguments, named)

    monkeypatch.setattr(f"sms.stationery.{step}", fail)

    page = debug_page(lambda: write_mail(envelope), settings)

    assert "no letter" in page
    assert "write_mail" in page
    assert_no_password(page)


class Alarmed(Notes):
    """Lets the lane's own frames be seen in the traceback of whatever goes wrong."""

    def lane_ready(self, lane: Lane, mail: Mail) -> None:
        lane.commit()

    def lane_failed(self, lane: Lane, mail: Mail, failure: SmtpFailure) -> None:
        raise failure

    lane_unanswered = lane_failed


async def send(account: GatewayAccount, content: bytes) -> None:
    """Raises what an event of the lane ended in."""
    loop = asyncio.get_running_loop()
    raised: asyncio.Future[None] = loop.create_future()
    loop.set_exception_handler(lambda _, context: raised.set_exception(context["exception"]))
    lane = await Lane.open(smtp_server_of(account), Alarmed())
    lane.begin(Mail(account.from_address, account.mailbox, content, eight_bit=True))
    await raised


@pytest.mark.parametrize(
    ("script", "frame"),
    [
        (PLAIN_ONLY | {"AUTH": Fault.CLOSE}, "_authenticate"),
        (PLAIN_ONLY | {"AUTH": f"535 {SMTP_PASSWORD}?".encode()}, "_authenticate"),
        (LOGIN_ONLY | {"PASSWORD": Fault.CLOSE}, "_authenticate"),
        (LOGIN_ONLY | {"PASSWORD": f"535 {SMTP_PASSWORD}?".encode()}, "_authenticate"),
        (WITH_LOGIN | {"DATA": Fault.CLOSE}, "_break"),
        (WITH_LOGIN | {"BODY": Fault.CLOSE}, "_break"),
        (WITH_LOGIN | {"DOT": Fault.CLOSE}, "_break"),
    ],
)
def test_a_talk_that_fails_shows_no_password(
    script: Script, frame: str, envelope: Envelope, settings: Settings
) -> None:
    content = write_mail(envelope)

    with operator_in_thread(script) as operator:
        envelope.account.port = operator.server.port
        page = debug_page(lambda: asyncio.run(send(envelope.account, content)), settings)

    assert "SmtpFailure" in page
    assert frame in page
    assert_no_password(page)
