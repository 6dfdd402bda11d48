"""The command that checks the audit trail."""

import pytest
from django.db import connection

from portal.audit.models import Action
from portal.audit.services import event_record
from tests.integration.commands.conftest import Door

pytestmark = pytest.mark.django_db


def record(organisation_id: int) -> None:
    event_record(action=Action.CHANGED, actor=None, organisation_id=organisation_id)


def test_a_sound_trail_is_counted(door: Door) -> None:
    for organisation_id in (0, 1, 1):
        record(organisation_id)

    result = door("verify_audit")

    assert (result.code, result.out) == (0, "ok: 2 chains, 3 events\n")


def test_an_empty_trail_is_sound(door: Door) -> None:
    assert door("verify_audit").out == "ok: 0 chains, 0 events\n"


def test_every_fault_is_told(door: Door) -> None:
    for organisation_id in (0, 1, 1, 2):
        record(organisation_id)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_event SET actor_label = 'x' WHERE organisation_id <> 2")

    result = door("verify_audit")

    assert (result.code, result.out) == (1, "")
    assert "platform: event 1: changed" in result.err
    assert "organisation 1: event 1: changed" in result.err
    assert "organisation 2" not in result.err
