"""Who gets a mailing and what, laid out before it leaves."""

import tracemalloc
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from portal.contacts.models import Contact
from portal.core.errors import Refused
from portal.messaging.mailings import preparing, services
from portal.messaging.mailings.reach import PreparedReach
from portal.messaging.mailings.services import mailing_edit, mailing_prepare
from portal.messaging.mailings.work import work_to_the_end
from portal.messaging.models import GatheredPerson, LeftOut, Mailing, PreparedRecipient, Stage
from portal.senders.models import SenderName
from tests.factories import (
    ContactFactory,
    ContactFieldFactory,
    GroupFactory,
    MemberFactory,
    StopFactory,
)
from tests.integration.messaging.mailings.office import Office, again

pytestmark = pytest.mark.django_db

ANNA, BORIS = ("Анна", "79210000001"), ("Борис", "79210000002")


def rows_of(mailing: Mailing, *columns: str) -> list[tuple[Any, ...]]:
    prepared = PreparedRecipient.objects.filter(mailing=mailing)
    return list(prepared.order_by("position").values_list(*columns))


def test_everybody_has_their_own_text_with_its_exact_size(office_of: Callable[..., Office]) -> None:
    office = office_of(price_per_segment=Decimal("2.50"))
    group = office.group(ANNA, ("Б" * 70, "79210000002"))

    mailing = office.prepared(text="Привет, {имя}!", group=group)

    assert mailing.stage == Stage.PREPARED
    assert rows_of(mailing, "phone", "text", "segments", "units") == [
        ("79210000001", "Привет, Анна!", 1, 13),
        ("79210000002", f"Привет, {'Б' * 70}!", 2, 79),
    ]
    assert (mailing.is_personalised, mailing.reached) == (True, 2)
    assert (mailing.segments_in_all, mailing.most_segments) == (3, 2)
    assert mailing.cost == Decimal("7.50")


def test_a_text_that_is_the_same_for_all_is_kept_once(office: Office) -> None:
    mailing = office.prepared(text="Скидка {{10%}}")

    assert rows_of(mailing, "text", "segments") == [("", 1), ("", 1)]
    assert not mailing.is_personalised


def test_a_number_that_comes_more_than_once_gets_it_once(office: Office) -> None:
    group = office.group(ANNA, BORIS)

    mailing = office.prepared(group=group, typed="8 921 000 00 01, 8 921 000 00 09")

    assert [phone for (phone,) in rows_of(mailing, "phone")] == [
        "79210000001",
        "79210000009",
        "79210000002",
    ]
    assert PreparedReach.from_dict(mailing.reach).duplicates == 1


def test_stopped_numbers_cost_nothing_and_say_why(office: Office) -> None:
    StopFactory(organisation=office.organisation, phone="79210000001", reason="asked us")
    StopFactory(organisation=None, phone="79210000002")

    mailing = office.prepared(numbers="79210000001, 79210000002, 79210000003")

    assert rows_of(mailing, "left_out", "note", "segments") == [
        ("", "", 1),
        (LeftOut.STOPPED, "asked us", 0),
        (LeftOut.STOPPED_ON_PLATFORM, "", 0),
    ]
    assert (mailing.reached, PreparedReach.from_dict(mailing.reach).stopped) == (1, 2)


def test_who_lacks_a_value_is_left_out_and_named(office: Office) -> None:
    field = ContactFieldFactory(organisation=office.organisation, name="Долг")
    group = office.group(ANNA, BORIS)
    Contact.objects.filter(phone="79210000001").update(field_values={str(field.pk): "100"})

    mailing = office.prepared(text="{имя}, вы должны {долг}", group=group)

    assert rows_of(mailing, "text", "left_out", "lacks") == [
        ("Анна, вы должны 100", "", ""),
        ("", LeftOut.LACKS_VALUE, "долг"),
    ]


def test_a_default_of_the_form_stands_for_a_value(office: Office) -> None:
    mailing = office.prepared(text="Привет, {Имя}!", defaults={"ИМЯ": "друг"})

    assert rows_of(mailing, "text") == [("Привет, друг!",)] * 2


@pytest.mark.parametrize(
    ("name", "reason", "note"),
    [
        ("А" * 80, LeftOut.TOO_LONG, ""),
        ("Password=1", LeftOut.TEXT_REFUSED, "field_like_line"),
        ("王", LeftOut.TEXT_REFUSED, "unsendable"),
    ],
)
def test_a_value_that_spoils_the_text_leaves_its_owner_out(
    office_of: Callable[..., Office], name: str, reason: LeftOut, note: str
) -> None:
    office = office_of(segment_ceiling=1)

    mailing = office.prepared(
        text="{имя}", group=office.group(("", "79210000009"), (name, "79210000001"))
    )

    assert rows_of(mailing, "phone", "left_out", "note")[1] == ("79210000001", reason, note)


def test_nobody_of_another_member_or_organisation_is_added(office: Office) -> None:
    colleague = MemberFactory(organisation=office.organisation)
    own = ContactFactory(organisation=office.organisation, owner=colleague)
    hidden = GroupFactory(organisation=office.organisation, owner=colleague)
    hidden.contacts.add(own)
    foreign = GroupFactory()
    foreign.contacts.add(ContactFactory(organisation=foreign.organisation))

    for group in (hidden, foreign):
        with pytest.raises(Refused) as refused:
            office.prepared(group=group)
        assert refused.value.field == "numbers"


def test_values_of_another_member_are_nobody_elses(office: Office) -> None:
    colleague = MemberFactory(organisation=office.organisation)
    ContactFactory(
        organisation=office.organisation, owner=colleague, phone="79210000001", name="Тайна"
    )

    mailing = office.prepared(text="{имя|друг}")

    assert rows_of(mailing, "text") == [("друг",)] * 2


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("sender", {"sender_value": "OTHER"}),
        ("text", {"text": "Привет, {имя"}),
        ("text", {"text": "Привет, {отество}!"}),
        ("text", {"text": "Привет, {имя}, 王!"}),
        ("text", {"text": ""}),
        ("numbers", {"numbers": ""}),
        ("numbers", {"numbers": "12"}),
        ("due_at", {"due_at": "2000-01-01T00:00Z"}),
        ("expires_at", {"expires_at": "2000-01-01T00:00Z"}),
    ],
)
def test_what_can_be_seen_at_once_is_refused_at_its_field(
    office: Office, field: str, changes: dict[str, Any]
) -> None:
    changes = {
        name: datetime.fromisoformat(value) if name.endswith("_at") else value
        for name, value in changes.items()
    }
    with pytest.raises(Refused) as refused:
        office.prepared(**changes)

    assert refused.value.field == field
    assert Mailing.objects.get().stage == Stage.DRAFT


def test_many_are_prepared_by_a_worker_batch_by_batch(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(preparing, "ROWS_PER_STEP", 2)
    people = [(f"N{number}", f"7921000000{number}") for number in range(5)]

    mailing = office.prepared(text="{имя}", group=office.group(*people))

    assert mailing.stage == Stage.PREPARING
    work_to_the_end(mailing.pk)
    mailing = again(mailing)
    assert (mailing.stage, mailing.position, mailing.total) == (Stage.PREPARED, 5, 5)
    assert rows_of(mailing, "text") == [(name,) for name, _phone in people]
    assert not GatheredPerson.objects.exists()


def test_a_group_that_changes_amid_the_work_adds_and_loses_nobody(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(preparing, "ROWS_PER_STEP", 1)
    group = office.group(ANNA, BORIS)
    mailing = office.prepared(group=group)
    outsider = ContactFactory(organisation=office.organisation, phone="79210000003")
    write = preparing._write

    def write_and_change(*arguments: Any) -> None:
        write(*arguments)
        group.contacts.set([outsider])

    monkeypatch.setattr(preparing, "_write", write_and_change)
    work_to_the_end(mailing.pk)

    assert [phone for (phone,) in rows_of(mailing, "phone")] == [ANNA[1], BORIS[1]]


def test_the_same_people_and_texts_have_the_same_hash_and_others_another(office: Office) -> None:
    first, second = office.prepared(), office.prepared()

    assert first.snapshot_hash == second.snapshot_hash
    assert office.prepared(text="Привет?").snapshot_hash != first.snapshot_hash
    assert office.prepared(numbers="79210000001").snapshot_hash != first.snapshot_hash


def test_what_is_edited_is_prepared_anew_from_nothing(office: Office) -> None:
    mailing = office.prepared()

    draft = mailing_edit(mailing=mailing, actor=office.author)
    assert (draft.stage, draft.snapshot_hash) == (Stage.DRAFT, "")
    mailing_prepare(mailing=draft, actor=office.author)

    assert len(rows_of(mailing, "phone")) == 2


def test_a_sender_name_revoked_amid_the_work_makes_it_a_draft_that_says_so(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_AT_ONCE", 0)
    mailing = office.prepared()
    SenderName.objects.update(state="revoked")

    work_to_the_end(mailing.pk)

    assert (again(mailing).stage, again(mailing).failure) == (Stage.DRAFT, "sender_not_approved")


def test_memory_does_not_grow_with_the_people(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_AT_ONCE", 0)

    def peak_of(count: int) -> int:
        group = office.group(
            *((f"N{number}", f"79{count:05}{number:05}") for number in range(count))
        )
        mailing = office.prepared(text="Привет, {имя}!", group=group)
        tracemalloc.start()
        try:
            work_to_the_end(mailing.pk)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            assert again(mailing).reached == count

    peak_of(6000)
    assert peak_of(30_000) < 1.1 * peak_of(10_000)
