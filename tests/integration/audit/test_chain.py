"""The audit trail cannot be edited, and whoever edits it past the database is found out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from portal.audit.changes import field_changes
from portal.audit.models import Action, Chain, Event
from portal.audit.origin import origin
from portal.audit.services import event_record, verify
from tests.factories import MemberFactory
from tests.integration.threads import at_once

EDITS = {
    "update": "UPDATE audit_event SET actor_label = 'somebody else'",
    "delete": "DELETE FROM audit_event",
    "truncate": "TRUNCATE audit_event",
}


def record(organisation_id: int, label: str = "thing") -> Event:
    return event_record(
        action=Action.CHANGED,
        actor=None,
        organisation_id=organisation_id,
        object_label=label,
        details={"цена": {"from": "1.00", "to": None}, "list": ["RU", 7, True]},
    )


def sequences(organisation_id: int) -> list[int]:
    events = Event.objects.filter(organisation_id=organisation_id).order_by("sequence")
    return list(events.values_list("sequence", flat=True))


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def edit_past_the_triggers(statement: str) -> None:
    """As the owner of the table could."""
    run_sql("ALTER TABLE audit_event DISABLE TRIGGER USER")
    run_sql(statement)
    run_sql("ALTER TABLE audit_event ENABLE TRIGGER USER")


@pytest.mark.django_db
@pytest.mark.parametrize("statement", EDITS.values(), ids=EDITS)
def test_sql_as_the_applications_role_cannot_touch_an_event(statement: str) -> None:
    event = record(1)

    with pytest.raises(DatabaseError), transaction.atomic():
        run_sql(statement)

    assert Event.objects.get().hash == event.hash


@pytest.mark.django_db
def test_the_orm_cannot_touch_an_event() -> None:
    event = record(1)

    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.update(actor_label="somebody else")
    with pytest.raises(DatabaseError), transaction.atomic():
        event.delete()


@pytest.mark.django_db
def test_untouched_chains_hold() -> None:
    for organisation_id in (0, 1, 1, 2, 1):
        record(organisation_id)

    assert list(verify()) == []
    assert sequences(1) == [1, 2, 3]


FORGERIES = {
    "a changed label": ("UPDATE audit_event SET actor_label = 'x' WHERE sequence = 2", 2),
    "changed details": ("UPDATE audit_event SET details = '{}' WHERE sequence = 2", 2),
    "a missing event": ("DELETE FROM audit_event WHERE sequence = 2", 2),
    "a missing first event": ("DELETE FROM audit_event WHERE sequence = 1", 1),
    "a cut-off end": ("DELETE FROM audit_event WHERE sequence = 3", 3),
    "all gone": ("TRUNCATE audit_event", 1),
    "a made-up event": (
        """INSERT INTO audit_event (organisation_id, sequence, at, actor_label, origin, action,
               object_type, object_id, object_label, details, previous_hash, hash)
           SELECT 1, 4, now(), 'x', '', 'changed', '', '', '', '{}', hash, repeat('a', 64)
             FROM audit_event WHERE sequence = 3""",
        4,
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("statement", "first_fault"), FORGERIES.values(), ids=FORGERIES)
def test_a_forged_chain_is_reported(statement: str, first_fault: int) -> None:
    for _ in range(3):
        record(1)

    edit_past_the_triggers(statement)

    assert [(fault.organisation_id, fault.sequence) for fault in verify()] == [(1, first_fault)]


@pytest.mark.django_db
def test_a_fault_in_one_chain_says_nothing_of_the_others() -> None:
    record(1)
    record(2)

    edit_past_the_triggers("DELETE FROM audit_event WHERE organisation_id = 1")

    assert [fault.organisation_id for fault in verify()] == [1]


@pytest.mark.django_db
def test_a_chain_without_its_head_is_reported() -> None:
    record(1)
    Chain.objects.all().delete()

    assert [fault.organisation_id for fault in verify()] == [1]


@pytest.mark.django_db(transaction=True)
def test_events_recorded_at_once_stand_in_one_row() -> None:
    def record_some(label: str) -> Callable[[], None]:
        def act() -> None:
            for _ in range(10):
                record(1, label)

        return act

    results = at_once(*(record_some(label) for label in "abcd"))

    assert results == [None] * 4
    assert sequences(1) == list(range(1, 41))
    assert list(verify()) == []


@pytest.mark.django_db
def test_events_recorded_between_any_two_looks_of_the_check_are_no_fault() -> None:
    record(1)
    looks = 0

    def look_and_record(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal looks
        found = execute(*arguments)
        if "organisation_id" in arguments[0] and not recording:
            looks += 1
            recording.append(True)
            record(1)
            record(looks)
            recording.clear()
        return found

    recording: list[bool] = []
    with connection.execute_wrapper(look_and_record):
        faults = list(verify())

    assert looks > 2
    assert faults == []


@pytest.mark.django_db
def test_an_event_goes_when_its_transaction_does() -> None:
    with transaction.atomic():
        record(1)
        transaction.set_rollback(True)

    record(1)

    assert list(verify()) == []
    assert Event.objects.get().sequence == 1


@pytest.mark.django_db
def test_an_event_says_who_did_it_and_from_where() -> None:
    member = MemberFactory()

    with origin("192.0.2.7"):
        event = event_record(
            action=Action.CHANGED, actor=member, organisation_id=member.organisation_id, obj=member
        )

    stored = Event.objects.get(pk=event.pk)
    assert (stored.actor_id, stored.actor_label) == (member.pk, member.email)
    assert (stored.object_type, stored.object_id) == ("accounts.user", str(member.pk))
    assert stored.origin == "192.0.2.7"


def test_fields_that_keep_their_value_are_not_in_the_details() -> None:
    event = Event(actor_label="a", origin="old", object_label="secret thing")

    details = field_changes(
        event,
        {"actor_label": "a", "origin": "new", "object_label": "other thing"},
        secret={"object_label"},
    )

    assert details == {"origin": {"from": "old", "to": "new"}, "object_label": "changed"}
