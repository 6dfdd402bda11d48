"""The engine against a server that does what the test says."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.billing.services import balance, top_up
from portal.delivery.engine import deliver_account
from portal.delivery.models import (
    Attempt,
    ConnectionLease,
    Envelope,
    GatewayAccount,
    Message,
    OutboxEntry,
    State,
)
from portal.delivery.notices import notices_send
from portal.delivery.selectors import message_counts
from sms.secret import Secret
from tests.factories import (
    AdministratorFactory,
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
    submit_message,
)
from tests.integration.delivery.operator_thread import operator_in_thread
from tests.unit.sms.fake_operator import OBEDIENT, Fault, Script

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("engine_alone"),
]

GOLDEN_BODY = (
    b"SmsUser=acme\r\nPassword=s3cret\r\nSourceAddress=ACME\r\n"
    b"PhoneNumber=79210000000,79111234567\r\n" + "Привет, мир!".encode("cp1251") + b"\r\n.\r\n"
)
Deliver = Callable[[Script], list[bytes]]
OUTCOME_OF = {State.QUEUED: "retry"}


@pytest.fixture
def author() -> User:
    author: User = MemberFactory()
    GatewayAccountFactory(organisation=author.organisation, sms_password=Secret("s3cret"))
    return author


@pytest.fixture
def deliver(author: User) -> Deliver:
    def run(script: Script) -> list[bytes]:
        with operator_in_thread(script) as operator:
            account = GatewayAccount.objects.get(organisation=author.organisation)
            account.port = operator.server.port
            account.save(update_fields=["port"])
            deliver_account(account.pk)
            return operator.bodies

    return run


def counts(message: Message) -> dict[str, int]:
    return message_counts(message.pk)


def only_envelope() -> Envelope:
    return Envelope.objects.get()


def test_an_accepted_envelope_went_out_once_with_the_golden_bytes(
    author: User, deliver: Deliver
) -> None:
    SenderNameFactory(organisation=author.organisation, value="ACME")
    message = submit_message(author, "79210000000", "79111234567")
    bodies = deliver(OBEDIENT)
    assert len(bodies) == 1
    assert bodies[0].partition(b"\r\n\r\n")[2] == GOLDEN_BODY
    assert counts(message) == {"accepted": 2}
    assert only_envelope().last_code == 250
    assert not Attempt.objects.exists()
    assert deliver(OBEDIENT) == []


def test_many_envelopes_share_the_sessions_of_one_run(author: User) -> None:
    GatewayAccount.objects.update(numbers_per_email=1, connections=2)
    message = submit_message(author, *(f"7921000{n:04d}" for n in range(25)))
    with operator_in_thread() as operator:
        GatewayAccount.objects.update(port=operator.server.port)
        deliver_account(GatewayAccount.objects.get().pk)
        greetings = [command for command in operator.commands if command.startswith(b"EHLO")]
    assert counts(message) == {"accepted": 25}
    assert len(operator.bodies) == 25
    assert len(greetings) == 2


@pytest.mark.parametrize("step", ["GREETING", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", [b"421 closing", b"450 busy", b"452 full", Fault.CLOSE])
def test_a_failure_before_the_dot_leaves_the_envelope_queued_and_the_account_waiting(
    author: User, deliver: Deliver, step: str, answer: bytes | Fault
) -> None:
    message = submit_message(author)
    deliver(OBEDIENT | {step: answer})
    assert counts(message) == {"queued": 1}
    account = GatewayAccount.objects.get()
    assert not account.is_paused
    assert account.failures == 1
    assert account.last_failure
    assert account.not_before is not None
    assert timedelta(0) < account.not_before - timezone.now() <= timedelta(seconds=30)
    assert only_envelope().retry_at is not None
    assert deliver(OBEDIENT) == []


def test_a_connection_lost_amid_the_body_is_never_taken_for_an_answer(
    author: User, deliver: Deliver
) -> None:
    """Whether the loss is seen before the dot is written is a matter of microseconds."""
    message = submit_message(author)
    deliver(OBEDIENT | {"BODY": Fault.CLOSE})
    assert counts(message) in ({"queued": 1}, {"uncertain": 1})


@pytest.mark.parametrize("step", ["GREETING", "MAIL", "RCPT", "DATA"])
def test_a_refusal_before_the_dot_pauses_the_account_and_tells_its_managers(
    author: User, deliver: Deliver, step: str
) -> None:
    manager = MemberFactory(organisation=author.organisation, role=Role.MANAGER)
    message = submit_message(author)
    deliver(OBEDIENT | {step: b"535 your account is blocked"})
    assert counts(message) == {"queued": 1}
    account = GatewayAccount.objects.get()
    assert "535 your account is blocked" in account.paused_reason
    assert mail.outbox == []
    notices_send()
    assert [one.to for one in mail.outbox] == [[manager.email]]
    assert deliver(OBEDIENT) == []


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (b"250 taken", State.ACCEPTED),
        (b"451 later", State.QUEUED),
        (b"554 no such sender name", State.REJECTED),
        (Fault.CLOSE, State.UNCERTAIN),
        (b"what?", State.UNCERTAIN),
        (Fault.HANG, State.UNCERTAIN),
    ],
)
def test_the_answer_to_the_dot_decides(
    author: User, deliver: Deliver, answer: bytes | Fault, state: State
) -> None:
    message = submit_message(author)
    script = OBEDIENT | {"DOT": answer}
    deliver(script)
    assert counts(message) == {state: 1}
    assert only_envelope().last_phase == "dot"
    outcomes = [attempt.outcome for attempt in Attempt.objects.all()]
    assert outcomes == ([] if state == State.ACCEPTED else [OUTCOME_OF.get(state, state)])


def test_nothing_automatic_leads_out_of_uncertain(author: User, deliver: Deliver) -> None:
    message = submit_message(author)
    deliver(OBEDIENT | {"DOT": Fault.CLOSE})
    assert deliver(OBEDIENT) == []
    assert counts(message) == {"uncertain": 1}


def test_money_follows_the_answers(deliver: Deliver, author: User) -> None:
    organisation = author.organisation
    assert organisation is not None
    organisation.plan, organisation.price_per_segment = "prepaid", Decimal("2.50")
    organisation.save()
    top_up(organisation=organisation, amount=Decimal(10), actor=AdministratorFactory())
    submit_message(author)
    assert balance(organisation).reserved == Decimal("2.50")
    deliver(OBEDIENT)
    assert balance(organisation).available == Decimal("7.50")
    assert balance(organisation).reserved == 0
    submit_message(author)
    deliver(OBEDIENT | {"DOT": b"554 no"})
    assert balance(organisation).available == Decimal("7.50")
    submit_message(author)
    deliver(OBEDIENT | {"DOT": Fault.CLOSE})
    assert balance(organisation).available == Decimal("5.00")
    assert balance(organisation).reserved == Decimal("2.50")


def test_a_disabled_author_s_envelopes_are_held(author: User, deliver: Deliver) -> None:
    message = submit_message(author)
    author.is_active = False
    author.save()
    assert deliver(OBEDIENT) == []
    assert counts(message) == {"held": 1}
    assert OutboxEntry.objects.get().held_because == "author_disabled"


def test_a_revoked_sender_name_holds_what_is_queued_under_it(
    author: User, deliver: Deliver
) -> None:
    message = submit_message(author)
    message.sender_name.state = "revoked"
    message.sender_name.save()
    assert deliver(OBEDIENT) == []
    assert OutboxEntry.objects.get().held_because == "sender_not_approved"


def test_a_scheduled_envelope_waits_for_its_time(author: User, deliver: Deliver) -> None:
    message = submit_message(author, due_at=timezone.now() + timedelta(hours=1))
    assert deliver(OBEDIENT) == []
    OutboxEntry.objects.update(due_at=timezone.now())
    assert len(deliver(OBEDIENT)) == 1
    assert counts(message) == {"accepted": 1}


def test_the_limit_per_minute_is_kept(author: User, deliver: Deliver) -> None:
    GatewayAccount.objects.update(per_minute=1, numbers_per_email=1)
    submit_message(author, "79210000000", "79111234567")
    assert len(deliver(OBEDIENT)) == 1
    assert deliver(OBEDIENT) == []
    GatewayAccount.objects.update(next_slot=timezone.now())
    assert len(deliver(OBEDIENT)) == 1


def test_no_worker_takes_more_than_the_account_s_connections(
    author: User, deliver: Deliver
) -> None:
    submit_message(author)
    account = GatewayAccount.objects.get()
    lease = ConnectionLease.objects.create(
        account=account,
        token="6f1ed002-ab5f-4f5a-9d3c-6f1ed002ab5f",
        connections=account.connections,
        lease_until=timezone.now() + timedelta(seconds=60),
    )
    assert deliver(OBEDIENT) == []
    ConnectionLease.objects.filter(pk=lease.pk).update(lease_until=timezone.now())
    assert len(deliver(OBEDIENT)) == 1


def test_another_organisation_s_outbox_is_left_alone(author: User, deliver: Deliver) -> None:
    other = MemberFactory(organisation=OrganisationFactory())
    theirs = submit_message(other)
    submit_message(author)
    with operator_in_thread() as operator:
        account = GatewayAccount.objects.get(organisation=author.organisation)
        account.port = operator.server.port
        account.save()
        deliver_account(account.pk)
    assert counts(theirs) == {"queued": 1}


def test_a_server_without_8bitmime_gets_quoted_printable(author: User, deliver: Deliver) -> None:
    submit_message(author)
    bodies = deliver(OBEDIENT | {"EHLO": b"250 operator"})
    assert b"Content-Transfer-Encoding: quoted-printable" in bodies[0]
    assert b"=CF=F0=E8=E2=E5=F2" in bodies[0]


def test_the_password_is_nowhere_in_what_an_attempt_leaves(author: User, deliver: Deliver) -> None:
    submit_message(author)
    deliver(OBEDIENT | {"DOT": b"554 bad Password=s3cret in your letter"})
    assert "s3cret" not in only_envelope().last_reply
    assert "s3cret" not in Attempt.objects.get().reply


def test_a_letter_that_trips_over_our_own_fault_waits_with_a_reason(
    author: User, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("s3cret")

    monkeypatch.setattr("portal.delivery.letters.Stationery.mail_bytes", broken)
    message = submit_message(author)
    assert deliver(OBEDIENT) == []
    assert counts(message) == {"queued": 1}
    assert only_envelope().last_reply == "internal error of the portal"
    assert not GatewayAccount.objects.get().last_failure
