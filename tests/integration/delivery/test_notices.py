"""Whom a mail tells of what waits for a person, and that it tells them once."""

from collections.abc import Callable, Iterator, Sequence
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.accounts.services import member_change
from portal.core.advisory_lock import only_one_at_a_time
from portal.delivery import tasks
from portal.delivery.claims import ClaimedEnvelope, envelopes_claim
from portal.delivery.decisions import message_release
from portal.delivery.gateways import gateway_pause, gateway_resume
from portal.delivery.models import (
    Envelope,
    GatewayAccount,
    HeldBecause,
    Message,
    OutboxEntry,
    State,
)
from portal.delivery.notices import NOTICES_LOCK, notices_send
from portal.delivery.platform import platform_resume, platform_stop
from portal.senders.models import SenderState
from portal.senders.services import sender_name_decide
from tests.factories import AdministratorFactory, MemberFactory, submit_message
from tests.integration.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("outbox", "decisions", "gateways", "platform"):
        monkeypatch.setattr(f"portal.delivery.{module}.ring", lambda _account_id: None)


@pytest.fixture
def author() -> User:
    author: User = MemberFactory(email="author@example.com")
    return author


@pytest.fixture
def manager(author: User) -> User:
    manager: User = MemberFactory(
        organisation=author.organisation, role=Role.MANAGER, email="manager@example.com"
    )
    return manager


@pytest.fixture
def broken_mail(settings: Settings) -> Iterator[dict[str, Exception]]:
    """Addresses whose mail fails, each by its own error."""
    settings.EMAIL_BACKEND = f"{__name__}.BreakableBackend"
    BreakableBackend.faults = {}
    yield BreakableBackend.faults
    BreakableBackend.faults = {}


class BreakableBackend(EmailBackend):
    faults: dict[str, Exception] = {}  # noqa: RUF012  # emptied by the fixture

    def send_messages(self, messages: Any) -> int:
        for message in messages:
            for address in message.to:
                if address in self.faults:
                    raise self.faults[address]
        return super().send_messages(messages)


def refused(address: str) -> SMTPRecipientsRefused:
    return SMTPRecipientsRefused({address: (550, b"no such user")})


def uncertain(author: User) -> Message:
    message = submit_message(author)
    message.envelopes.update(state=State.UNCERTAIN)
    return message


def claim_all() -> Sequence[ClaimedEnvelope]:
    account = GatewayAccount.objects.get()
    return envelopes_claim(account_id=account.pk, most=10, now=timezone.now()).envelopes


def told() -> list[list[str]]:
    """Addresses of each mail sent, in order."""
    return [sorted(one.to) for one in mail.outbox]


def disable(author: User, manager: User) -> None:
    member_change(member=author, role=Role.SENDER, is_active=False, actor=manager)


def demote(author: User, manager: User) -> None:
    member_change(member=author, role=Role.AUDITOR, is_active=True, actor=manager)


@pytest.mark.parametrize(
    ("stop", "addressees"),
    [(disable, ["manager@example.com"]), (demote, ["author@example.com", "manager@example.com"])],
)
def test_a_disabled_or_demoted_author_s_message_is_held_and_a_manager_told_of_it_releases_it(
    author: User, manager: User, stop: Callable[[User, User], None], addressees: list[str]
) -> None:
    message = submit_message(author)
    stop(author, manager)
    claim_all()
    assert OutboxEntry.objects.get().held_because == HeldBecause.AUTHOR_DISABLED

    notices_send()
    assert told() == [addressees]
    assert "its author may no longer send" in mail.outbox[0].body
    assert mail.outbox[0].body.endswith(f"/{message.pk}")

    message_release(message=message, actor=manager)
    assert len(claim_all()) == 1


def test_a_revoked_sender_name_s_message_is_told_to_managers_and_author(
    author: User, manager: User
) -> None:
    message = submit_message(author)
    sender_name_decide(
        sender_name=message.sender_name,
        state=SenderState.REVOKED,
        actor=AdministratorFactory(),
        reason="жалобы",
    )
    claim_all()

    notices_send()

    assert told() == [["author@example.com", "manager@example.com"]]


def test_an_uncertain_message_is_told_to_its_author_alone(author: User, manager: User) -> None:
    uncertain(author)

    notices_send()

    assert told() == [["author@example.com"]]


def test_an_uncertain_message_of_who_is_gone_is_told_to_active_managers(
    author: User, manager: User
) -> None:
    MemberFactory(organisation=author.organisation, role=Role.MANAGER, is_active=False)
    uncertain(author)
    disable(author, manager)

    notices_send()

    assert told() == [["manager@example.com"]]


def test_what_was_told_is_not_told_again(author: User) -> None:
    uncertain(author)

    notices_send()
    notices_send()

    assert len(told()) == 1


def test_what_nobody_can_be_told_of_is_told_to_the_next_manager(author: User) -> None:
    uncertain(author)
    User.objects.update(is_active=False)
    notices_send()
    assert told() == []

    MemberFactory(organisation=author.organisation, role=Role.MANAGER, email="new@example.com")
    notices_send()

    assert told() == [["new@example.com"]]


def test_an_envelope_that_becomes_uncertain_during_the_mail_is_told_by_the_next(
    author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = submit_message(author)
    GatewayAccount.objects.update(numbers_per_email=1)
    message = submit_message(author, "79210000001", "79210000002")
    first, second = message.envelopes.order_by("number")
    Envelope.objects.filter(pk=first.pk).update(state=State.UNCERTAIN)
    send = EmailMessage.send

    def send_slowly(self: EmailMessage, fail_silently: bool = False) -> int:
        Envelope.objects.filter(pk=second.pk).update(state=State.UNCERTAIN)
        return send(self, fail_silently)

    monkeypatch.setattr(EmailMessage, "send", send_slowly)
    notices_send()
    second.refresh_from_db()
    assert second.author_told_at is None

    notices_send()
    assert len(told()) == 2


def test_a_refused_address_keeps_nobody_else_s_mail(
    author: User, broken_mail: dict[str, Exception]
) -> None:
    uncertain(author)
    other = MemberFactory(email="other@example.com", organisation=author.organisation)
    uncertain(other)
    broken_mail[author.email] = refused(author.email)

    notices_send()
    assert told() == [["other@example.com"]]

    broken_mail.clear()
    notices_send()
    assert told() == [["other@example.com"], ["author@example.com"]]


@pytest.mark.parametrize("fault", [ConnectionRefusedError(), SMTPServerDisconnected("gone")])
def test_a_mail_server_that_fails_is_asked_once_a_run(
    author: User, broken_mail: dict[str, Exception], fault: Exception
) -> None:
    uncertain(author)
    other = MemberFactory(email="other@example.com", organisation=author.organisation)
    uncertain(other)
    broken_mail[author.email] = fault

    notices_send()
    assert told() == []

    broken_mail.clear()
    notices_send()
    assert told() == [["author@example.com"], ["other@example.com"]]


def test_managers_are_told_of_each_pause_once(author: User, manager: User) -> None:
    submit_message(author)
    account, administrator = GatewayAccount.objects.get(), AdministratorFactory()
    gateway_pause(account=account, reason="договор истёк", actor=administrator)
    notices_send()
    notices_send()
    assert told() == [["manager@example.com"]]
    assert "договор истёк" in mail.outbox[0].body

    gateway_resume(account=account, actor=administrator)
    gateway_pause(account=account, reason="опять", actor=administrator)
    notices_send()

    assert len(told()) == 2


def test_a_pause_that_ended_before_the_mail_is_not_told_of(author: User, manager: User) -> None:
    submit_message(author)
    account, administrator = GatewayAccount.objects.get(), AdministratorFactory()
    gateway_pause(account=account, reason="x", actor=administrator)
    gateway_resume(account=account, actor=administrator)

    notices_send()

    assert told() == []


def test_managers_of_every_organisation_are_told_once_that_all_sending_stops_and_goes_on(
    author: User, manager: User
) -> None:
    submit_message(author)
    submit_message(MemberFactory(role=Role.MANAGER, email="other@example.com"))
    administrator = AdministratorFactory()
    platform_stop(because="переезд оператора", actor=administrator)

    notices_send()
    notices_send()

    assert told() == [["manager@example.com"], ["other@example.com"]]
    assert mail.outbox[0].subject == "SMS sending is stopped"
    assert "переезд оператора" in mail.outbox[0].body
    platform_resume(actor=administrator)
    notices_send()
    notices_send()
    assert told()[2:] == [["manager@example.com"], ["other@example.com"]]
    assert mail.outbox[2].subject == "SMS sending goes on"


def test_a_stop_that_ended_before_the_mail_is_not_told_of(author: User, manager: User) -> None:
    submit_message(author)
    administrator = AdministratorFactory()
    platform_stop(because="fire", actor=administrator)
    platform_resume(actor=administrator)

    notices_send()

    assert told() == []


def test_another_stop_is_told_of_though_nobody_heard_that_the_first_ended(
    author: User, manager: User
) -> None:
    submit_message(author)
    administrator = AdministratorFactory()
    for because in ("fire", "water"):
        platform_stop(because=because, actor=administrator)
        notices_send()
        platform_resume(actor=administrator)

    assert [one.subject for one in mail.outbox] == ["SMS sending is stopped"] * 2
    assert "water" in mail.outbox[1].body


def test_a_mail_server_that_fails_hears_of_the_stop_later(
    author: User, manager: User, broken_mail: dict[str, Exception]
) -> None:
    submit_message(author)
    platform_stop(because="fire", actor=AdministratorFactory())
    broken_mail[manager.email] = ConnectionRefusedError()
    notices_send()
    broken_mail.clear()

    notices_send()

    assert told() == [["manager@example.com"]]


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_tell_once(author: User) -> None:
    for _ in range(10):
        uncertain(author)

    assert at_once(notices_send, notices_send) == [None, None]
    notices_send()

    assert len(told()) == 10


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_while_another_process_is_at_it(author: User) -> None:
    uncertain(author)

    with only_one_at_a_time(NOTICES_LOCK) as is_ours:
        assert is_ours
        assert at_once(notices_send) == [None]
        assert told() == []
    notices_send()

    assert len(told()) == 1


def test_beat_rings_for_the_notices_and_its_rings_do_not_pile_up() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["notices"]

    assert entry["task"] == tasks.notices.name
    assert (entry["schedule"], entry["options"]["expires"]) == (30, 90)
