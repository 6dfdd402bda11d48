"""Letters through the whole portal to a real Postfix: encryption, sign-in, transfer encoding."""

import pytest
from pytest_django import Settings

from portal.accounts.models import User
from portal.delivery.gateways import connection_test
from portal.delivery.models import GatewayAccount
from portal.delivery.selectors import message_counts
from sms.secret import Secret
from tests.factories import AdministratorFactory, submit_message
from tests.integration.foreign.conftest import Deliver
from tests.integration.foreign.golden import (
    NUMBERS,
    TEXT,
    decoded_body,
    letter,
    raw_body,
    transfer_encoding,
)
from tests.integration.foreign.postfix import MAILBOX, PASSWORD, USER, Door, Postfix

pytestmark = [pytest.mark.postfix, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def postfix(running_postfix: Postfix, settings: Settings) -> Postfix:
    settings.DELIVERY_CA_FILE = str(running_postfix.ca_file)
    return running_postfix


def way_in(postfix: Postfix, door: Door, password: str = PASSWORD) -> dict[str, object]:
    """The gateway account's fields for this door."""
    return {
        "port": postfix.ports[door],
        "mailbox": MAILBOX,
        "security": "starttls",
        "smtp_user": USER,
        "smtp_password": Secret(password),
    }


@pytest.mark.parametrize("door", [Door.PLAIN, Door.LOGIN])
def test_the_golden_letter_arrives_byte_for_byte(
    postfix: Postfix, author: User, deliver: Deliver, door: Door
) -> None:
    message = submit_message(author, *NUMBERS, text=TEXT)
    deliver(**way_in(postfix, door))
    mail = postfix.take_mail()
    assert transfer_encoding(mail) == "8bit"
    assert raw_body(mail) == letter()
    assert b"using TLSv1.3" in mail
    assert message_counts(message.pk) == {"accepted": 2}
    assert f"sasl_method={door.upper()}, sasl_username={USER}" in postfix.log()


def test_without_8bitmime_the_letter_goes_as_quoted_printable(
    postfix: Postfix, author: User, deliver: Deliver
) -> None:
    submit_message(author, *NUMBERS, text=TEXT)
    deliver(**way_in(postfix, Door.SEVEN_BIT))
    mail = postfix.take_mail()
    assert transfer_encoding(mail) == "quoted-printable"
    assert raw_body(mail).isascii()
    assert decoded_body(mail) == letter()


@pytest.mark.parametrize("door", [Door.PLAIN, Door.SEVEN_BIT])
@pytest.mark.parametrize("text", [".", "..", "раз\n.\nдва\n..\n.три"])
def test_lines_of_dots_arrive_byte_for_byte(
    postfix: Postfix, author: User, deliver: Deliver, door: Door, text: str
) -> None:
    submit_message(author, *NUMBERS, text=text)
    deliver(**way_in(postfix, door))
    assert decoded_body(postfix.take_mail()) == letter(text)


def test_a_line_over_998_octets_arrives_unfolded(
    postfix: Postfix, author: User, deliver: Deliver
) -> None:
    submit_message(author, *NUMBERS, text="a" * 1200)
    deliver(**way_in(postfix, Door.PLAIN))
    mail = postfix.take_mail()
    assert transfer_encoding(mail) == "quoted-printable"
    assert decoded_body(mail) == letter("a" * 1200)


@pytest.mark.parametrize("door", [Door.PLAIN, Door.LOGIN])
def test_a_wrong_password_pauses_the_account_in_words(
    postfix: Postfix, author: User, deliver: Deliver, door: Door
) -> None:
    message = submit_message(author, *NUMBERS)
    account = deliver(**way_in(postfix, door, password="wr0ng-canary"))
    assert account.paused_reason.startswith("auth: 535 ")
    assert "authentication fail" in account.paused_reason
    assert "wr0ng-canary" not in account.paused_reason
    assert message_counts(message.pk) == {"queued": 2}


def test_an_untrusted_certificate_pauses_the_account_in_words(
    postfix: Postfix, author: User, deliver: Deliver, settings: Settings
) -> None:
    settings.DELIVERY_CA_FILE = ""
    message = submit_message(author, *NUMBERS)
    account = deliver(**way_in(postfix, Door.PLAIN))
    assert account.paused_reason == "starttls: certificate not trusted"
    assert message_counts(message.pk) == {"queued": 2}


def test_a_mailbox_that_postfix_does_not_know_pauses_the_account(
    postfix: Postfix, author: User, deliver: Deliver
) -> None:
    message = submit_message(author, *NUMBERS)
    account = deliver(**way_in(postfix, Door.PLAIN) | {"mailbox": "nobody@operator.example"})
    assert account.paused_reason.startswith("rcpt: 550 ")
    assert message_counts(message.pk) == {"queued": 2}


def test_the_connection_test_finds_what_postfix_offers(
    postfix: Postfix, author: User, deliver: Deliver
) -> None:
    deliver(**way_in(postfix, Door.PLAIN))
    account = GatewayAccount.objects.get(organisation=author.organisation)
    report = connection_test(account=account, actor=AdministratorFactory())
    assert report.ok
    assert report.technical == "ok: TLSv1.3; 8BITMIME PIPELINING"
