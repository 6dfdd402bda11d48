"""What becomes of planned mailings when their time comes, and of what happened until then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Role
from portal.billing.services import top_up
from portal.contacts.models import Contact, FieldKind
from portal.core.errors import Conflict, Refused
from portal.messaging.approvals.services import approval_grant, approval_return
from portal.messaging.mailings.content import Content
from portal.messaging.mailings.notices import mailing_notices_send
from portal.messaging.mailings.services import (
    mailing_cancel,
    mailing_confirm,
    mailing_edit,
    mailing_prepare,
    mailing_release,
    mailing_save_draft,
)
from portal.messaging.mailings.sweep import mailings_sweep
from portal.messaging.models import ApprovalRules, Mailing, Stage
from portal.messaging.plans.moments import moment_meant
from portal.messaging.plans.recurrence import Birthdays, EveryDays, Recurrence
from portal.senders.models import SenderName, SenderState
from tests.factories import (
    AdministratorFactory,
    ContactFieldFactory,
    MemberFactory,
    OrganisationFactory,
    contacts_made,
)
from tests.integration.messaging.mailings.office import (
    MOSCOW_NOON,
    Office,
    again,
    messages_of,
    phones_of,
    sweep_and_work,
)

pytestmark = pytest.mark.django_db

DUE = MOSCOW_NOON + timedelta(days=1)
ANNA, BORIS = ("Анна", "79210000001"), ("Борис", "79210000002")

Clock = time_machine.Traveller


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(MOSCOW_NOON, tick=False) as clock:
        yield clock


def passes(clock: Clock, moment: datetime) -> None:
    """Time goes on to ``moment``, and beat and workers run then."""
    clock.move_to(moment)
    sweep_and_work()


def test_it_leaves_when_it_is_due_and_not_before(office: Office, clock: Clock) -> None:
    mailing = office.confirmed(due_at=DUE)
    assert mailing.stage == Stage.PLANNED

    passes(clock, DUE - timedelta(seconds=1))
    assert again(mailing).stage == Stage.PLANNED

    passes(clock, DUE + timedelta(seconds=5))
    assert again(mailing).stage == Stage.SENT
    assert len(messages_of(mailing)) == 1


def test_a_group_is_as_it_is_when_the_mailing_leaves(office: Office, clock: Clock) -> None:
    group = office.group(ANNA)
    mailing = office.confirmed(group=group, due_at=DUE)
    office.join(group, BORIS)
    Contact.objects.filter(phone=ANNA[1]).update(archived_at=MOSCOW_NOON)

    passes(clock, DUE)

    [message] = messages_of(mailing)
    assert phones_of(message) == [BORIS[1]]


def test_downtime_past_its_own_time_lets_it_expire_and_its_author_know(
    office: Office, clock: Clock
) -> None:
    mailing = office.confirmed(due_at=DUE, expires_at=DUE + timedelta(minutes=5))

    passes(clock, DUE + timedelta(minutes=6))

    assert again(mailing).stage == Stage.EXPIRED
    mailing_notices_send()
    [notice] = mail.outbox
    assert notice.to == [office.author.email]
    assert messages_of(mailing) == []


def test_downtime_within_its_own_time_only_delays_it(office: Office, clock: Clock) -> None:
    mailing = office.confirmed(due_at=DUE, expires_at=DUE + timedelta(hours=5))

    passes(clock, DUE + timedelta(hours=4))

    assert again(mailing).stage == Stage.SENT


@pytest.mark.parametrize(("minutes", "stage"), [(59, Stage.SENT), (61, Stage.EXPIRED)])
def test_without_a_time_of_its_own_the_portals_tolerance_holds(
    office: Office, clock: Clock, settings: Settings, minutes: int, stage: Stage
) -> None:
    settings.MAILING_LATE_MINUTES = 60
    mailing = office.confirmed(due_at=DUE)

    passes(clock, DUE + timedelta(minutes=minutes))

    assert again(mailing).stage == stage


def test_an_author_disabled_between_planning_and_sending(office: Office, clock: Clock) -> None:
    mailing = office.confirmed(due_at=DUE)
    manager = MemberFactory(organisation=office.organisation, role=Role.MANAGER)
    User.objects.filter(pk=office.author.pk).update(is_active=False)

    passes(clock, DUE)

    assert (again(mailing).stage, again(mailing).failure) == (Stage.HELD, "author_disabled")
    mailing_notices_send()
    assert mail.outbox[0].to == [manager.email]
    clock.move_to(DUE + timedelta(hours=5))
    mailing_release(mailing=mailing, actor=manager)
    sweep_and_work()
    assert [message.answerable for message in messages_of(mailing)] == [manager]


def test_a_sender_name_revoked_between_planning_and_sending(office: Office, clock: Clock) -> None:
    mailing = office.confirmed(due_at=DUE)
    SenderName.objects.update(state=SenderState.REVOKED)

    passes(clock, DUE)

    assert (again(mailing).stage, again(mailing).failure) == (Stage.HELD, "sender_not_approved")
    mailing_notices_send()
    assert mail.outbox[0].to == [office.author.email]


def test_money_short_when_it_is_due(office_of: Callable[..., Office], clock: Clock) -> None:
    office = office_of(prepaid=True)
    mailing = office.confirmed(due_at=DUE)

    passes(clock, DUE)
    assert (again(mailing).stage, again(mailing).failure) == (Stage.HELD, "not_enough_money")

    top_up(organisation=office.organisation, amount=Decimal(5), actor=AdministratorFactory())
    mailing_release(mailing=mailing, actor=office.author)
    sweep_and_work()
    assert again(mailing).stage == Stage.SENT


def test_what_is_held_past_its_time_expires(office: Office, clock: Clock) -> None:
    mailing = office.confirmed(due_at=DUE, expires_at=DUE + timedelta(hours=1))
    SenderName.objects.update(state=SenderState.REVOKED)
    passes(clock, DUE)

    passes(clock, DUE + timedelta(hours=2))

    assert again(mailing).stage == Stage.EXPIRED


def test_planned_for_the_hour_that_the_clocks_show_twice_it_leaves_the_first_time(
    office_of: Callable[..., Office], clock: Clock
) -> None:
    office = office_of(time_zone="Europe/Berlin")
    clock.move_to(datetime(2027, 10, 30, 12, tzinfo=UTC))
    due = moment_meant(datetime(2027, 10, 31, 2, 30), zone=office.organisation.zone)
    mailing = office.confirmed(due_at=due)

    passes(clock, datetime(2027, 10, 31, 0, 30, tzinfo=UTC))

    assert again(mailing).stage == Stage.SENT


def test_hours_that_end_while_it_leaves_put_the_rest_off(office: Office, clock: Clock) -> None:
    mailing = office.sent(window_from=time(9), window_until=time(21))
    [message] = messages_of(mailing)

    passes(clock, MOSCOW_NOON + timedelta(hours=8))
    assert message.outbox_entry.due_at == MOSCOW_NOON
    passes(clock, MOSCOW_NOON + timedelta(hours=9, seconds=5))

    message.outbox_entry.refresh_from_db()
    assert message.outbox_entry.due_at == MOSCOW_NOON + timedelta(hours=21)


def test_hours_that_end_for_some_alone_put_these_off(
    office_of: Callable[..., Office], clock: Clock
) -> None:
    office = office_of(allowed_countries=["RU", "DE"])
    numbers = "+79210000001, +4915123456789"
    mailing = office.sent(
        numbers=numbers, window_from=time(9), window_until=time(21), by_recipient_zone=True
    )

    passes(clock, MOSCOW_NOON + timedelta(hours=9, seconds=5))

    due = {
        phone: one.outbox_entry.due_at for one in messages_of(mailing) for phone in phones_of(one)
    }
    assert due == {
        "79210000001": MOSCOW_NOON + timedelta(hours=21),
        "4915123456789": MOSCOW_NOON,
    }


def test_one_that_fails_keeps_no_other_from_its_time(office: Office, clock: Clock) -> None:
    broken, other = office.confirmed(**daily()), office.confirmed(due_at=DUE)
    Mailing.objects.filter(pk=broken.pk).update(repeats={"every": "never"})

    passes(clock, DUE)

    assert again(other).stage == Stage.SENT


def test_taken_back_or_cancelled_it_does_not_leave(office: Office, clock: Clock) -> None:
    edited, cancelled = office.confirmed(due_at=DUE), office.confirmed(due_at=DUE)
    mailing_edit(mailing=edited, actor=office.author)
    mailing_cancel(mailing=cancelled, actor=office.author)

    passes(clock, DUE)

    assert (again(edited).stage, again(cancelled).stage) == (Stage.DRAFT, Stage.CANCELLED)


# Approval


@pytest.fixture
def approver(office: Office) -> User:
    manager: User = MemberFactory(organisation=office.organisation, role=Role.MANAGER)
    ApprovalRules.objects.create(organisation=office.organisation, above_recipients=1)
    return manager


def test_an_approved_one_leaves_as_the_snapshot_that_was_approved(
    office: Office, approver: User, clock: Clock
) -> None:
    group = office.group(ANNA, BORIS)
    mailing = office.confirmed(group=group, due_at=DUE)
    assert mailing.stage == Stage.IN_APPROVAL
    approval_grant(mailing=mailing, snapshot_hash=mailing.snapshot_hash, actor=approver)
    office.join(group, ("Вера", "79210000003"))

    passes(clock, DUE)

    [message] = messages_of(mailing)
    assert phones_of(message) == [ANNA[1], BORIS[1]]


def test_what_has_grown_beyond_a_rule_until_it_is_due_waits_for_a_word(
    office: Office, approver: User, clock: Clock
) -> None:
    group = office.group(ANNA)
    mailing = office.confirmed(group=group, due_at=DUE)
    assert mailing.stage == Stage.PLANNED
    office.join(group, BORIS)

    passes(clock, DUE)
    mailing = again(mailing)
    assert (mailing.stage, messages_of(mailing)) == (Stage.IN_APPROVAL, [])

    approval_grant(mailing=mailing, snapshot_hash=mailing.snapshot_hash, actor=approver)
    sweep_and_work()
    assert again(mailing).stage == Stage.SENT


def test_a_rule_that_was_set_since_it_was_planned_wants_its_word(
    office: Office, clock: Clock
) -> None:
    mailing = office.confirmed(due_at=DUE)
    ApprovalRules.objects.create(organisation=office.organisation, above_recipients=0)

    passes(clock, DUE)

    assert (again(mailing).stage, messages_of(mailing)) == (Stage.IN_APPROVAL, [])


def test_a_word_that_does_not_come_in_time_lets_it_expire(
    office: Office, approver: User, clock: Clock
) -> None:
    mailing = office.confirmed(due_at=DUE)

    passes(clock, DUE + timedelta(hours=2))

    assert again(mailing).stage == Stage.EXPIRED


def test_what_was_returned_does_not_go_on_by_itself_at_another_price(
    office: Office, approver: User, clock: Clock
) -> None:
    mailing = office.confirmed(due_at=DUE)
    approval_return(
        mailing=mailing, snapshot_hash=mailing.snapshot_hash, word="Why?", actor=approver
    )
    Organisation.objects.update(price_per_segment=Decimal(3))

    with pytest.raises(Conflict):
        mailing_confirm(mailing=mailing, actor=office.author, snapshot_hash=mailing.snapshot_hash)

    assert again(mailing).stage == Stage.PREPARED


# Again and again


def daily(at: str = "12:30", **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"at": datetime.strptime(at, "%H:%M").time(), **changes}
    recurrence = Recurrence(EveryDays(1), first=MOSCOW_NOON.date(), **fields)
    return {"repeats": recurrence.as_dict()}


def times_of(series: Mailing) -> list[tuple[datetime | None, str]]:
    return list(series.occurrences.order_by("due_at").values_list("due_at", "stage"))


def test_what_was_approved_of_a_series_holds_for_no_time_that_its_author_edits(
    office: Office, approver: User, clock: Clock
) -> None:
    series = office.confirmed(**daily())
    approval_grant(mailing=series, snapshot_hash=series.snapshot_hash, actor=approver)
    clock.move_to(MOSCOW_NOON + timedelta(minutes=30))
    mailings_sweep(now=timezone.now())
    [occurrence] = series.occurrences.all()

    mailing_edit(mailing=occurrence, actor=office.author)
    content = replace(Content.of(again(occurrence)), text="Совсем другое", due_at=None)
    draft = mailing_save_draft(
        author=office.author, content=content, form_key=occurrence.form_key, mailing=occurrence
    )
    prepared = mailing_prepare(mailing=draft, actor=office.author)
    confirmed = mailing_confirm(
        mailing=prepared, actor=office.author, snapshot_hash=prepared.snapshot_hash
    )

    assert confirmed.stage == Stage.IN_APPROVAL


def test_each_time_makes_one_mailing(office: Office, clock: Clock) -> None:
    series = office.confirmed(**daily())
    first = MOSCOW_NOON + timedelta(minutes=30)
    assert (series.stage, series.due_at) == (Stage.REPEATING, first)

    for day in range(2):
        passes(clock, first + timedelta(days=day))
        passes(clock, first + timedelta(days=day, minutes=1))

    assert times_of(series) == [(first, "sent"), (first + timedelta(days=1), "sent")]
    assert again(series).due_at == first + timedelta(days=2)


def test_times_missed_are_not_caught_up_and_their_author_knows(
    office: Office, clock: Clock
) -> None:
    series = office.confirmed(**daily())
    first = MOSCOW_NOON + timedelta(minutes=30)

    passes(clock, first + timedelta(days=3, hours=2))

    assert times_of(series) == [(first, "expired")]
    assert again(series).due_at == first + timedelta(days=4)
    mailing_notices_send()
    assert mail.outbox[0].to == [office.author.email]


def test_it_keeps_the_hour_of_the_clocks_when_they_are_changed(
    office_of: Callable[..., Office], clock: Clock
) -> None:
    office = office_of(time_zone="Europe/Berlin")
    clock.move_to(datetime(2027, 3, 27, 6, tzinfo=UTC))
    series = office.confirmed(**daily("09:00"))
    assert series.due_at == datetime(2027, 3, 27, 8, tzinfo=UTC)

    passes(clock, datetime(2027, 3, 27, 8, tzinfo=UTC))

    assert again(series).due_at == datetime(2027, 3, 28, 7, tzinfo=UTC)


def test_the_end_of_a_series_is_its_last_time(office: Office, clock: Clock) -> None:
    series = office.confirmed(**daily(until=MOSCOW_NOON.date()))

    passes(clock, MOSCOW_NOON + timedelta(minutes=30))
    passes(clock, MOSCOW_NOON + timedelta(days=1, minutes=30))

    assert (again(series).stage, len(times_of(series))) == (Stage.SENT, 1)


def test_not_after_keeps_its_distance_from_each_time(office: Office, clock: Clock) -> None:
    first = MOSCOW_NOON + timedelta(minutes=30)
    series = office.confirmed(**daily(), due_at=first, expires_at=first + timedelta(hours=2))

    passes(clock, first)

    [occurrence] = series.occurrences.all()
    assert occurrence.expires_at == first + timedelta(hours=2)
    assert again(series).expires_at == first + timedelta(days=1, hours=2)


def test_a_series_whose_author_is_gone_is_held_once(office: Office, clock: Clock) -> None:
    series = office.confirmed(**daily())
    manager = MemberFactory(organisation=office.organisation, role=Role.MANAGER)
    User.objects.filter(pk=office.author.pk).update(is_active=False)

    passes(clock, MOSCOW_NOON + timedelta(days=2))
    assert (again(series).stage, times_of(series)[1:]) == (Stage.REPEATING, [])
    passes(clock, MOSCOW_NOON + timedelta(days=2, minutes=30))
    assert again(series).stage == Stage.HELD

    mailing_release(mailing=series, actor=manager)
    assert again(series).due_at == MOSCOW_NOON + timedelta(days=3, minutes=30)


def test_congratulations_go_to_those_whose_day_it_is(office: Office, clock: Clock) -> None:
    field = ContactFieldFactory(
        organisation=office.organisation, name="День рождения", kind=FieldKind.DATE
    )
    group = office.group(ANNA, BORIS)
    for phone, day in ((ANNA[1], "1980-11-24"), (BORIS[1], "1990-11-25")):
        contact = Contact.objects.get(phone=phone)
        contact.field_values = {str(field.pk): day}
        contact.save()
    rule = Recurrence(
        Birthdays(field.pk), at=datetime(1, 1, 1, 12, 30).time(), first=MOSCOW_NOON.date()
    )
    series = office.confirmed(text="{имя}, с днём рождения!", group=group, repeats=rule.as_dict())

    for day in range(3):
        passes(clock, MOSCOW_NOON + timedelta(days=day, minutes=30))

    sent = [messages_of(occurrence) for occurrence in series.occurrences.order_by("due_at")]
    assert [[phones_of(message) for message in messages] for messages in sent] == [
        [[ANNA[1]]],
        [[BORIS[1]]],
        [],
    ]
    assert series.occurrences.latest("due_at").stage == Stage.CANCELLED
    assert not mail.outbox


def congratulated_today(office: Office, clock: Clock) -> tuple[Mailing, Mailing]:
    """A series, and its time of today, which is held."""
    field = ContactFieldFactory(organisation=office.organisation, kind=FieldKind.DATE)
    group = office.group(ANNA, BORIS)
    anna = Contact.objects.get(phone=ANNA[1])
    anna.field_values = {str(field.pk): "1980-11-24"}
    anna.save()
    rule = Recurrence(
        Birthdays(field.pk), at=datetime(1, 1, 1, 12, 30).time(), first=MOSCOW_NOON.date()
    )
    series = office.confirmed(group=group, repeats=rule.as_dict())
    clock.move_to(MOSCOW_NOON + timedelta(minutes=30))
    mailings_sweep(now=timezone.now())
    SenderName.objects.update(state=SenderState.REVOKED)
    sweep_and_work()
    SenderName.objects.update(state=SenderState.APPROVED)
    return series, series.occurrences.get()


def test_congratulations_of_a_day_are_never_made_a_mailing_to_everybody(
    office: Office, clock: Clock
) -> None:
    series, today = congratulated_today(office, clock)
    assert today.stage == Stage.HELD

    with pytest.raises(Refused):
        mailing_edit(mailing=today, actor=office.author)
    with pytest.raises(Conflict):
        mailing_edit(mailing=series, actor=office.author)

    mailing_release(mailing=today, actor=office.author)
    sweep_and_work()
    [message] = messages_of(today)
    assert phones_of(message) == [ANNA[1]]
    assert mailing_edit(mailing=series, actor=office.author).stage == Stage.DRAFT


def test_an_author_who_moved_to_another_organisation_takes_none_of_its_contacts_along(
    office: Office, clock: Clock
) -> None:
    elsewhere = OrganisationFactory()
    contacts_made(elsewhere, ["Чужая"], ["79210000001"])
    Contact.objects.filter(organisation=elsewhere).update(given_name="Чужая")
    group = office.group(BORIS)
    mailing = office.confirmed(text="{имя|друг}!", group=group, typed="79210000001", due_at=DUE)
    manager = MemberFactory(organisation=office.organisation, role=Role.MANAGER)
    User.objects.filter(pk=office.author.pk).update(organisation=elsewhere)

    passes(clock, DUE)
    mailing_release(mailing=mailing, actor=manager)
    sweep_and_work()

    assert (again(mailing).stage, messages_of(mailing)) == (Stage.HELD, [])


def test_a_price_that_changed_is_reckoned_anew(office: Office, clock: Clock) -> None:
    mailing = office.confirmed(due_at=DUE)
    Organisation.objects.update(price_per_segment=Decimal(3))

    passes(clock, DUE)

    assert (again(mailing).cost, messages_of(mailing)[0].cost) == (Decimal(6), Decimal(6))
