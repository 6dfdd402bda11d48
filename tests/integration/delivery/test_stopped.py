"""A number that came on a stop list after its message was submitted is skipped at the claim."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from portal.accounts.models import User
from portal.billing.models import Kind, LedgerEntry
from portal.billing.services import Balance, balance, top_up
from portal.contacts.models import StopListEntry, StopSource
from portal.contacts.stop_list.services import stop_list_add
from portal.delivery import claims, stopped
from portal.delivery.claims import envelopes_claim
from portal.delivery.models import Envelope, GatewayAccount, Message, OutboxEntry, Skip, State
from portal.delivery.selectors import message_counts, message_standing, messages_in_state
from portal.delivery.sweep import outbox_close
from portal.delivery.uncertain import envelope_send_again
from portal.operations.readings import read_all
from tests.factories import AdministratorFactory, MemberFactory, submit_message
from tests.integration.delivery.engine_run import Turning, deliver, numbers, numbers_in
from tests.unit.sms.fake_operator import Fault

THREE = numbers(3)
FIRST, STOPPED, LAST = THREE


def stop(actor: User, *phones: str) -> None:
    """By the actor's organisation, or by an administrator for everybody."""
    source = StopSource.HAND if actor.organisation else StopSource.ADMINISTRATOR
    stop_list_add(
        organisation=actor.organisation,
        phones=phones,
        reason="Asked us to.",
        source=source,
        actor=actor,
    )


def age_entries(by: timedelta) -> None:
    StopListEntry.objects.update(created_at=timezone.now() - by)


def at_once(message: Message) -> None:
    """What was put off is due, and its account ready."""
    message.envelopes.filter(retry_at__isnull=False).update(retry_at=timezone.now())
    GatewayAccount.objects.update(not_before=None)


@pytest.fixture
def prepaid(account: GatewayAccount) -> GatewayAccount:
    organisation = account.organisation
    organisation.plan, organisation.price_per_segment = "prepaid", Decimal("2.50")
    organisation.save()
    top_up(organisation=organisation, amount=Decimal(100), actor=AdministratorFactory())
    return account


@pytest.fixture
def many_an_email(account: GatewayAccount) -> GatewayAccount:
    GatewayAccount.objects.update(numbers_per_email=80)
    account.refresh_from_db()
    return account


@pytest.mark.parametrize("is_platform_wide", [False, True])
def test_a_number_stopped_since_the_submit_is_skipped_and_the_others_get_theirs(
    account: GatewayAccount, author: User, is_platform_wide: bool
) -> None:
    message = submit_message(author, *THREE)
    stop(AdministratorFactory() if is_platform_wide else author, STOPPED)

    sent = numbers_in(deliver(account))

    assert sent == {FIRST: 1, LAST: 1}
    assert message_counts(message.pk) == {"accepted": 2, "skipped": 1}
    skip = message.skips.get()
    assert (skip.phone, skip.note, skip.envelope_number) == (STOPPED, "Asked us to.", 2)
    assert skip.reason == ("platform_stop_list" if is_platform_wide else "stop_list")
    assert message_standing(message.pk).overall == State.ACCEPTED


def test_a_number_stopped_after_a_message_was_scheduled_is_skipped_when_it_is_due(
    account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *THREE, due_at=timezone.now() + timedelta(days=2))
    stop(author, STOPPED)
    OutboxEntry.objects.update(due_at=timezone.now())

    assert numbers_in(deliver(account)) == {FIRST: 1, LAST: 1}
    assert message_counts(message.pk) == {"accepted": 2, "skipped": 1}


def test_an_email_goes_to_those_of_its_numbers_that_are_left(
    many_an_email: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *THREE)
    stop(author, STOPPED)

    letters = deliver(many_an_email)

    assert len(letters) == 1
    assert numbers_in(letters) == {FIRST: 1, LAST: 1}
    assert message.envelopes.get().recipients_count == 2
    assert sorted(message.recipients.values_list("phone", flat=True)) == [FIRST, LAST]


def test_an_email_without_numbers_left_is_none_and_the_message_is_done(
    many_an_email: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *THREE)
    stop(author, *THREE)

    assert deliver(many_an_email) == []

    assert message.envelopes.get().state == State.SKIPPED
    assert message_standing(message.pk).overall == State.SKIPPED
    assert list(messages_in_state(Message.objects.all(), State.SKIPPED)) == [message]
    assert outbox_close() == 1
    message.refresh_from_db()
    assert message.settled_counts == message_counts(message.pk) == {"skipped": 3}


def test_what_was_stopped_altogether_keeps_the_next_ones_waiting_no_longer(
    account: GatewayAccount, author: User
) -> None:
    stopped_ones, free = numbers(20), numbers(3, first=79310000000)
    submit_message(author, *stopped_ones)
    submit_message(author, *free)
    stop(author, *stopped_ones)

    assert numbers_in(deliver(account)) == dict.fromkeys(free, 1)


def test_a_number_stopped_while_its_email_was_put_off_is_skipped_at_the_retry(
    many_an_email: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *THREE)
    deliver(many_an_email, Turning("DOT", b"451 later"))
    assert message_counts(message.pk) == {"queued": 3}
    stop(author, STOPPED)
    at_once(message)

    assert numbers_in(deliver(many_an_email)) == {FIRST: 1, LAST: 1}
    assert message_counts(message.pk) == {"accepted": 2, "skipped": 1}


def test_an_email_that_was_put_off_and_is_stopped_altogether_waits_nowhere(
    many_an_email: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *THREE)
    deliver(many_an_email, Turning("DOT", b"451 later"))
    stop(author, *THREE)
    at_once(message)

    assert numbers_in(deliver(many_an_email)) == {}

    assert message_counts(message.pk) == {"skipped": 3}
    assert not any(read_all(now=timezone.now()).queued.values())
    assert outbox_close() == 1


def test_a_number_stopped_while_its_email_was_uncertain_is_skipped_when_it_is_sent_again(
    prepaid: GatewayAccount, many_an_email: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *THREE)
    deliver(many_an_email, Turning("DOT", Fault.CLOSE))
    stop(author, STOPPED)
    envelope_send_again(envelope=Envelope.objects.get(state=State.UNCERTAIN), actor=author)

    assert numbers_in(deliver(many_an_email)) == {FIRST: 1, LAST: 1}

    assert message_counts(message.pk) == {"accepted": 2, "skipped": 1}
    outbox_close()
    assert message_counts(message.pk) == {"accepted": 2, "skipped": 1}
    # The first e-mail may have gone out, to all three.
    assert balance(prepaid.organisation) == Balance(Decimal(100) - 5 * Decimal("2.50"), Decimal(0))


def test_the_money_of_who_is_skipped_comes_back_each_time_and_the_books_add_up(
    prepaid: GatewayAccount, many_an_email: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *THREE)
    stop(author, STOPPED)
    deliver(many_an_email, Turning("DOT", b"451 later"))
    assert balance(prepaid.organisation) == Balance(Decimal(95), Decimal(5))
    stop(author, FIRST)
    at_once(message)

    deliver(many_an_email)

    assert balance(prepaid.organisation) == Balance(Decimal("97.50"), Decimal(0))
    released = LedgerEntry.objects.filter(kind=Kind.RELEASE).order_by("id")
    assert list(released.values_list("amount", "recipients_left")) == [
        (Decimal("2.50"), 2),
        (Decimal("2.50"), 1),
    ]
    envelope = message.envelopes.get()
    assert envelope.cost == envelope.reserved == Decimal("2.50")
    call_command("verify_ledger")


def test_another_organisation_s_stop_list_stops_nothing_here(
    account: GatewayAccount, author: User
) -> None:
    submit_message(author, *THREE)
    stop(MemberFactory(), *THREE)

    assert numbers_in(deliver(account)) == dict.fromkeys(THREE, 1)
    assert not Skip.objects.exists()


def test_the_list_as_it_was_at_the_submit_costs_a_claim_one_look(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(author, "79990000000")
    stop(AdministratorFactory(), "79990000001")
    age_entries(timedelta(hours=2))
    submit_message(author, *THREE)
    looks, asked = [], stopped.rows

    def counted(statement: str, parameters: dict[str, Any]) -> Any:
        looks.append(statement)
        return asked(statement, parameters)

    monkeypatch.setattr(stopped, "rows", counted)
    monkeypatch.setattr(stopped, "_taken_out", pytest.fail)

    claimed = envelopes_claim(account_id=account.pk, most=100, now=timezone.now())

    assert len(claimed.envelopes) == 3
    assert len(looks) == 1


def test_a_claim_that_dies_has_skipped_nobody(
    prepaid: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = submit_message(author, *THREE)
    stop(author, STOPPED)
    before = balance(prepaid.organisation)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as amid_the_claim:
        amid_the_claim.setattr(claims, "_envelopes", dies)
        with pytest.raises(KeyboardInterrupt):
            envelopes_claim(account_id=prepaid.pk, most=100, now=timezone.now())

    assert message_counts(message.pk) == {"queued": 3}
    assert balance(prepaid.organisation) == before
    assert numbers_in(deliver(prepaid)) == {FIRST: 1, LAST: 1}
    assert message_counts(message.pk) == {"accepted": 2, "skipped": 1}


def test_a_claim_holds_only_whom_it_may_send_to(account: GatewayAccount, author: User) -> None:
    submit_message(author, *THREE)
    stop(author, STOPPED)

    claimed = envelopes_claim(account_id=account.pk, most=100, now=timezone.now())

    assert [envelope.numbers for envelope in claimed.envelopes] == [(FIRST,), (LAST,)]
    assert claimed.took_some
