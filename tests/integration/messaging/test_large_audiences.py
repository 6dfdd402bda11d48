"""Audiences that memory is not for: read piece by piece, laid out in the database."""

import tracemalloc
import uuid
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from portal.accounts.models import Organisation, Plan, User
from portal.billing.services import Balance, balance, top_up
from portal.contacts.models import Contact, Group
from portal.core.errors import Refused
from portal.delivery import outbox
from portal.delivery.models import Envelope, Message
from portal.messaging.gathering import MOST_LISTED, audience_gathered, audience_read
from portal.messaging.picked import Picked
from portal.messaging.reach import Named
from portal.messaging.services import Order, message_submit
from portal.senders.models import SenderName
from sms.batching import batches
from tests.factories import (
    AdministratorFactory,
    ContactFactory,
    GroupFactory,
    MemberFactory,
    OrganisationFactory,
    contacts_made,
    submit_message,
)
from tests.integration.messaging.desk import Desk

pytestmark = pytest.mark.django_db

MANY = MOST_LISTED + 100


@pytest.fixture
def author() -> User:
    """A member whose organisation has sent before."""
    author = MemberFactory()
    submit_message(author)
    return author


def phones(count: int = MANY) -> list[str]:
    return [f"7921{number:07}" for number in range(count)]


def submit(author: User, texts: Iterable[str], **changes: Any) -> Message:
    organisation = organisation_of(author)
    fields: dict[str, Any] = {
        "sender_value": SenderName.objects.get(organisation=organisation).value,
        "text": "Привет, мир!",
        "form_key": uuid.uuid4().hex,
        **changes,
    }
    with audience_read(author, texts) as audience:
        return message_submit(order=Order(author=author, audience=audience, **fields)).message


def organisation_of(author: User) -> Organisation:
    assert author.organisation is not None
    return author.organisation


def sent_to(message: Message) -> list[str]:
    return list(message.recipients.order_by("id").values_list("phone", flat=True))


def group_of_many(organisation: Organisation, members: list[str]) -> Group:
    """A group of contacts with these numbers, in this order; they are made if missing."""
    group = GroupFactory(organisation=organisation)
    known = Contact.objects.filter(organisation=organisation).values_list("phone", flat=True)
    fresh = [phone for phone in dict.fromkeys(members) if phone not in set(known)]
    contacts_made(organisation, [f"N{phone}" for phone in fresh], fresh)
    contacts = Contact.objects.filter(organisation=organisation, phone__in=members)
    group.contacts.set(contacts)
    return group


def test_the_first_mention_of_a_number_keeps_its_place(author: User) -> None:
    mentions = [*phones()[::-1], "8 (921) 000-00-07", *phones()]

    message = submit(author, ["\n".join(mentions[:1000]), "\n".join(mentions[1000:])])

    assert sent_to(message) == phones()[::-1]
    assert message.recipients_count == MANY


def test_repeats_in_a_long_file_are_counted(author: User) -> None:
    with audience_read(author, ["\n".join([*phones(), *phones(3)])]) as audience:
        assert (len(audience), audience.reach.duplicates.count) == (MANY, 3)


def test_the_same_numbers_listed_and_read_piece_by_piece_are_the_same_order(author: User) -> None:
    message = submit(author, ["\n".join([*phones(), *phones()])], form_key="k")

    assert submit_message(author, *phones(), form_key="k") == message
    assert submit(author, ["\n".join(phones())], form_key="k") == message


def test_two_long_messages_may_be_made_in_one_transaction(author: User) -> None:
    with transaction.atomic():
        first, second = (submit(author, ["\n".join(phones())]) for _ in range(2))

    assert sent_to(first) == sent_to(second) == phones()


def test_envelopes_are_cut_where_a_line_is_full() -> None:
    author = MemberFactory(organisation__allowed_countries=["RU", "DE"])
    submit_message(author)
    long_ones = [f"49151{number:08}" for number in range(10_000_000, 10_000_200)]
    numbers = [*phones(), *long_ones, "79119999999"]

    message = submit(author, ["\n".join(f"+{number}" for number in numbers)])

    cut = [
        tuple(envelope.recipients.order_by("id").values_list("phone", flat=True))
        for envelope in message.envelopes.order_by("number")
    ]
    assert cut == list(batches(numbers, per_email=80))
    assert {len(envelope) for envelope in cut} > {80, 70}
    assert message.outbox_entry.last_number == len(cut)


def test_every_envelope_of_a_long_message_holds_the_money_of_its_recipients() -> None:
    author = MemberFactory(organisation__prepaid=True)
    organisation = organisation_of(author)
    top_up(organisation=organisation, amount=Decimal(10**6), actor=AdministratorFactory())
    submit_message(author)

    message = submit(author, ["\n".join(phones())], text="a" * 200)

    for envelope in message.envelopes.all():
        assert envelope.cost == envelope.reserved == Decimal("5.00") * envelope.recipients_count
    assert message.cost == Decimal("5.00") * MANY
    assert balance(organisation).reserved == message.cost + Decimal("2.50")


@pytest.mark.parametrize("plan", Plan)
def test_a_plan_switched_while_rows_are_written_decides_over_the_money(
    monkeypatch: pytest.MonkeyPatch, plan: Plan
) -> None:
    author = MemberFactory(organisation__plan=plan, organisation__price_per_segment=2)
    organisation = organisation_of(author)
    top_up(organisation=organisation, amount=Decimal(10), actor=AdministratorFactory())
    switched = Plan.UNLIMITED if plan == Plan.PREPAID else Plan.PREPAID
    write = outbox.envelopes_write

    def write_and_switch(*args: Any, **options: Any) -> int:
        Organisation.objects.filter(pk=organisation.pk).update(plan=switched)
        return write(*args, **options)

    monkeypatch.setattr(outbox, "envelopes_write", write_and_switch)
    message = submit_message(author, "79210000000", "79210000001")

    held = Decimal(4) if switched == Plan.PREPAID else Decimal(0)
    assert Envelope.objects.get(message=message).reserved == held
    assert balance(organisation) == Balance(Decimal(10) - held, held)


def test_a_long_message_beyond_the_balance_leaves_nothing() -> None:
    author = MemberFactory(organisation__prepaid=True)
    top_up(organisation=organisation_of(author), amount=Decimal(10), actor=AdministratorFactory())
    submit_message(author)

    with pytest.raises(Refused):
        submit(author, ["\n".join(phones())])

    assert Message.objects.count() == 1


def test_names_of_contacts_are_kept_with_a_long_message(author: User) -> None:
    ContactFactory(organisation=organisation_of(author), phone="79210000005", name="Анна")
    ContactFactory(phone="79210000006", name="Чужой")

    message = submit(author, ["\n".join(phones())])

    assert dict(message.recipients.exclude(name="").values_list("phone", "name")) == {
        "79210000005": "Анна"
    }


def test_memory_does_not_grow_with_the_audience(author: User) -> None:
    def lines(count: int) -> Iterator[str]:
        return (f"7921{number:07}\n" for number in range(count))

    def peak_of(count: int) -> int:
        tracemalloc.start()
        try:
            submit(author, lines(count))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak_of(MANY)
    assert peak_of(75_000) < 1.1 * peak_of(25_000)


def test_a_large_group_is_counted_and_sent_to(desk: Desk) -> None:
    group = group_of_many(desk.organisation, phones())
    picked = {"groups": [group.pk], "numbers": "8 921 000 00 05, +7 911 111-11-11"}

    outlook = desk.live(**picked).context["outlook"]
    assert (len(outlook.audience), outlook.audience.reach.is_exact) == (MANY + 2, False)
    assert outlook.envelopes_count == 64
    assert "PhoneNumber=79210000005,79111111111,79210000000,79210000001," in outlook.letter

    confirmation = desk.confirm(**picked)
    audience = confirmation.context["outlook"].audience
    assert (len(audience), audience.reach.duplicates.count) == (MANY + 1, 1)
    assert audience.reach.reached.first[0] == Named("79210000005", "N79210000005")
    fingerprint = confirmation.context["fingerprint"]
    assert desk.send(**picked, confirmed=fingerprint).status_code == 302

    [message] = desk.messages()
    rest = [phone for phone in phones() if phone != "79210000005"]
    assert sent_to(message) == ["79210000005", "79111111111", *rest]
    assert message.recipients.filter(name="N79210000009").count() == 1


def test_a_replay_of_a_large_group_is_one_message(desk: Desk) -> None:
    group = group_of_many(desk.organisation, phones())
    filled_in = desk.filled_in(groups=[group.pk], numbers="")

    assert desk.send(**filled_in).headers == desk.send(**filled_in).headers
    assert len(desk.messages()) == 1


def test_members_of_several_large_groups_are_merged(author: User) -> None:
    organisation = organisation_of(author)
    groups = [
        group_of_many(organisation, phones()[:1500]),
        group_of_many(organisation, phones()[1000:]),
    ]
    single = ContactFactory(organisation=organisation, phone="79990000000")

    picked = Picked("79210000003", (single.pk,), tuple(group.pk for group in groups))
    expected = list(dict.fromkeys(["79210000003", "79990000000", *phones()]))
    with audience_gathered(author, picked) as audience:
        assert list(audience.phones()) == expected
        assert (len(audience), audience.reach.duplicates.count) == (MANY + 1, 501)


def test_a_large_group_of_another_organisation_adds_nobody(
    author: User, desk_of: Callable[..., Desk]
) -> None:
    own = GroupFactory(organisation=author.organisation)
    foreign = group_of_many(OrganisationFactory(), phones())

    with audience_gathered(author, Picked(group_ids=(foreign.pk, own.pk))) as audience:
        assert audience.reach.picked == 0
