"""What a confirmed mailing becomes: messages in the outbox, each wave once."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core import mail

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.billing.services import NotEnoughMoney, balance, top_up
from portal.core.errors import Conflict, Refused
from portal.delivery.models import HeldBecause, Message
from portal.messaging.mailings.notices import mailing_notices_send
from portal.messaging.mailings.services import (
    mailing_confirm,
    mailing_edit,
    mailing_release,
)
from portal.messaging.mailings.work import work_to_the_end
from portal.messaging.models import Mailing, Stage, Wave
from portal.senders.models import SenderName, SenderState
from tests.factories import AdministratorFactory, MemberFactory, StopFactory
from tests.integration.messaging.mailings.office import (
    MOSCOW_NOON,
    Office,
    again,
    messages_of,
    phones_of,
)

pytestmark = pytest.mark.django_db

PEOPLE = [("Анна", "79210000001"), ("Борис", "79210000002"), ("Вера", "79210000003")]


def test_one_text_becomes_one_message(office: Office) -> None:
    mailing = office.sent()

    [message] = messages_of(mailing)
    assert mailing.stage == Stage.SENT
    assert (message.text, message.author, message.form_key) == (
        "Привет!",
        office.author,
        f"mailing-{mailing.pk}-1",
    )
    assert phones_of(message) == ["79210000001", "79210000002"]


def test_everybody_gets_their_own_text_at_their_own_price(
    office_of: Callable[..., Office],
) -> None:
    office = office_of(prepaid=True)
    top_up(organisation=office.organisation, amount=Decimal(100), actor=AdministratorFactory())
    group = office.group(("Анна", "79210000001"), ("Б" * 70, "79210000002"))

    [message] = messages_of(office.sent(text="Привет, {имя}!", group=group))

    texts = [envelope.own.text for envelope in message.envelopes.order_by("number")]
    assert texts == ["Привет, Анна!", f"Привет, {'Б' * 70}!"]
    assert (message.segments_in_all, message.cost) == (3, Decimal("7.50"))
    assert balance(office.organisation).reserved == Decimal("7.50")


def test_whoever_was_stopped_after_the_preparation_is_skipped(office: Office) -> None:
    mailing = office.confirmed()
    StopFactory(organisation=office.organisation, phone="79210000001", reason="asked us")

    work_to_the_end(mailing.pk)

    [message] = messages_of(mailing)
    assert phones_of(message) == ["79210000002"]
    assert list(message.skips.values_list("phone", "note")) == [("79210000001", "asked us")]
    assert (again(mailing).reached, again(mailing).segments_in_all) == (1, 1)


def test_everybody_stopped_meanwhile_holds_it(office: Office) -> None:
    mailing = office.confirmed(numbers="79210000001")
    StopFactory(organisation=office.organisation, phone="79210000001")

    work_to_the_end(mailing.pk)

    assert (again(mailing).stage, again(mailing).failure) == (Stage.HELD, "nobody")
    assert not Message.objects.exists()


def test_work_done_again_submits_nothing_twice(office: Office) -> None:
    mailing = office.sent()

    Mailing.objects.filter(pk=mailing.pk).update(lease_until=None)
    work_to_the_end(mailing.pk)

    assert Message.objects.count() == Wave.objects.count() == 1


def test_a_second_confirmation_changes_nothing(office: Office) -> None:
    mailing = office.sent()

    mailing_confirm(mailing=mailing, actor=office.author, snapshot_hash=mailing.snapshot_hash)

    assert Message.objects.count() == 1
    assert (
        Event.objects.filter(action=Action.SUBMITTED, object_type="messaging.mailing").count() == 1
    )


def test_the_audit_trail_has_no_texts_and_no_numbers(office: Office) -> None:
    office.sent()

    trail = str(list(Event.objects.values_list("object_label", "details")))
    assert "Привет" not in trail
    assert "7921" not in trail


def test_what_was_edited_since_it_was_seen_is_not_confirmed(office: Office) -> None:
    mailing = office.prepared()
    seen = mailing.snapshot_hash
    mailing_edit(mailing=mailing, actor=office.author)

    with pytest.raises(Conflict):
        mailing_confirm(mailing=mailing, actor=office.author, snapshot_hash=seen)


def test_another_price_is_shown_before_it_is_agreed_to(office: Office) -> None:
    mailing = office.prepared()
    Organisation.objects.update(price_per_segment=Decimal(3))

    with pytest.raises(Conflict):
        mailing_confirm(mailing=mailing, actor=office.author, snapshot_hash=mailing.snapshot_hash)

    mailing = again(mailing)
    assert (mailing.stage, mailing.cost) == (Stage.PREPARED, Decimal(6))
    mailing_confirm(mailing=mailing, actor=office.author, snapshot_hash=mailing.snapshot_hash)


def test_nobody_else_confirms(office: Office) -> None:
    mailing = office.prepared()
    manager = MemberFactory(organisation=office.organisation, role=Role.MANAGER)

    for person in (manager, MemberFactory()):
        with pytest.raises(Refused):
            mailing_confirm(mailing=mailing, actor=person, snapshot_hash=mailing.snapshot_hash)


def test_values_that_lack_want_a_decision(office: Office) -> None:
    group = office.group(*PEOPLE)

    with pytest.raises(Refused) as refused:
        office.confirmed(text="{имя}, привет", group=group, typed="79210000009")
    assert refused.value.field == "when_missing"


def test_who_lacks_a_value_may_be_left_out(office: Office) -> None:
    mailing = office.sent(
        text="{имя}, привет", group=office.group(*PEOPLE), typed="79210000009", skip_missing=True
    )

    [message] = messages_of(mailing)
    assert "79210000009" not in phones_of(message)


# Money, rights


@pytest.fixture
def prepaid(office_of: Callable[..., Office]) -> Office:
    return office_of(prepaid=True)


def test_too_little_money_refuses_the_confirmation(prepaid: Office) -> None:
    with pytest.raises(NotEnoughMoney):
        prepaid.confirmed()

    assert Mailing.objects.get().stage == Stage.PREPARED


def test_money_gone_meanwhile_holds_it_until_it_is_topped_up(prepaid: Office) -> None:
    top_up(organisation=prepaid.organisation, amount=Decimal(5), actor=AdministratorFactory())
    first, second = prepaid.confirmed(), prepaid.confirmed()

    work_to_the_end(first.pk)
    work_to_the_end(second.pk)

    assert (again(second).stage, again(second).failure) == (Stage.HELD, "not_enough_money")
    assert Message.objects.count() == 1
    top_up(organisation=prepaid.organisation, amount=Decimal(5), actor=AdministratorFactory())
    mailing_release(mailing=second, actor=prepaid.author)
    work_to_the_end(second.pk)
    assert again(second).stage == Stage.SENT


def manager_of(office: Office) -> User:
    manager: User = MemberFactory(organisation=office.organisation, role=Role.MANAGER)
    return manager


def disable(author: User) -> None:
    User.objects.filter(pk=author.pk).update(is_active=False)


def test_an_author_disabled_meanwhile_holds_it_until_a_manager_answers_for_it(
    office: Office,
) -> None:
    mailing, manager = office.confirmed(), manager_of(office)
    disable(office.author)

    work_to_the_end(mailing.pk)
    assert (again(mailing).stage, again(mailing).failure) == (Stage.HELD, "author_disabled")
    mailing_notices_send()
    [notice] = mail.outbox
    assert notice.to == [manager.email]
    assert f"/mailings/{mailing.pk}/" in notice.body
    mailing_notices_send()
    assert len(mail.outbox) == 1

    mailing_release(mailing=mailing, actor=manager)
    work_to_the_end(mailing.pk)
    [message] = messages_of(mailing)
    assert (message.author, message.answerable) == (office.author, manager)


def test_a_sender_name_revoked_meanwhile_holds_it(office: Office) -> None:
    mailing, manager = office.confirmed(), manager_of(office)
    SenderName.objects.update(state=SenderState.REVOKED)

    work_to_the_end(mailing.pk)

    assert again(mailing).failure == "sender_not_approved"
    for person in (office.author, manager, manager_of_another()):
        with pytest.raises(Refused):
            mailing_release(mailing=mailing, actor=person)
    mailing_notices_send()
    assert set(mail.outbox[0].to) == {office.author.email, manager.email}


def manager_of_another() -> User:
    manager: User = MemberFactory(role=Role.MANAGER)
    return manager


# Waves


@time_machine.travel(MOSCOW_NOON, tick=False)
def test_a_canary_goes_first_and_the_others_wait_for_it(office: Office) -> None:
    mailing = office.sent(group=office.group(*PEOPLE), canary_size=1, canary_minutes=30)

    canary, rest = messages_of(mailing)
    assert (phones_of(canary), phones_of(rest)) == (
        ["79210000001"],
        ["79210000002", "79210000003"],
    )
    assert rest.due_at - canary.due_at == timedelta(minutes=30)
    assert rest.outbox_entry.held_because == HeldBecause.AWAITS_CANARY
    assert rest.outbox_entry.canary == canary
    assert list(mailing.waves.order_by("number").values_list("is_canary", flat=True)) == [
        True,
        False,
    ]


def test_a_canary_that_is_everybody_waits_for_nothing(office: Office) -> None:
    [message] = messages_of(office.sent(canary_size=2, canary_minutes=30))

    assert not message.outbox_entry.is_held


@time_machine.travel(MOSCOW_NOON, tick=False)
def test_each_leaves_within_the_hours_of_their_own_clocks(
    office_of: Callable[..., Office],
) -> None:
    office = office_of(allowed_countries=["RU", "DE"])

    mailing = office.sent(
        numbers="79210000001, +49 151 23456789",
        window_from=time(12),
        window_until=time(21),
        by_recipient_zone=True,
    )

    russian, german = messages_of(mailing)
    assert (phones_of(russian), russian.due_at) == (["79210000001"], MOSCOW_NOON)
    assert phones_of(german) == ["4915123456789"]
    assert german.due_at == datetime(2026, 11, 24, 11, tzinfo=UTC)


@time_machine.travel(MOSCOW_NOON, tick=False)
def test_hours_that_begin_when_nothing_may_leave_any_more_are_told_of(office: Office) -> None:
    mailing = office.prepared(
        window_from=time(18), window_until=time(21), expires_at=MOSCOW_NOON + timedelta(hours=1)
    )

    assert (mailing.stage, mailing.failure) == (Stage.DRAFT, "too_late_for_some")


@time_machine.travel(MOSCOW_NOON, tick=False)
@pytest.mark.parametrize("changes", [{}, {"text": "{телефон}"}])
def test_waves_have_all_the_people_once(
    office_of: Callable[..., Office], changes: dict[str, Any]
) -> None:
    office = office_of(allowed_countries=["RU", "DE"])
    numbers = [*(f"7921000000{n}" for n in range(5)), *(f"4915123456{n}00" for n in range(5))]
    StopFactory(organisation=office.organisation, phone="79210000003")

    mailing = office.sent(
        numbers=", ".join(f"+{number}" for number in numbers),
        window_from=time(12),
        window_until=time(21),
        by_recipient_zone=True,
        canary_size=2,
        canary_minutes=10,
        **changes,
    )

    found = [phone for message in messages_of(mailing) for phone in phones_of(message)]
    assert sorted(found) == sorted(set(numbers) - {"79210000003"})
    skips = [skip.phone for message in messages_of(mailing) for skip in message.skips.all()]
    assert skips == ["79210000003"]


@time_machine.travel(MOSCOW_NOON, tick=False)
def test_a_price_that_changes_once_it_is_confirmed_is_reckoned_before_it_leaves(
    office: Office,
) -> None:
    mailing = office.confirmed()
    Organisation.objects.update(price_per_segment=Decimal(3))

    work_to_the_end(mailing.pk)

    assert (again(mailing).stage, again(mailing).cost) == (Stage.SENT, Decimal(6))
    assert [message.cost for message in messages_of(mailing)] == [Decimal(6)]
