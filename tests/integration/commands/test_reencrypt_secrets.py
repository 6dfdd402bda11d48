"""Changing the encryption key: every stored secret moves to the new one."""

import pytest
from pytest_django import Settings

from portal.audit.models import Event
from portal.core.keys import new_encryption_key
from portal.delivery.models import GatewayAccount
from sms.secret import Secret
from tests.factories import OPERATOR_PASSWORD, GatewayAccountFactory
from tests.integration.commands.conftest import Door

pytestmark = pytest.mark.django_db


def test_the_old_key_can_go_afterwards(door: Door, settings: Settings) -> None:
    GatewayAccountFactory(smtp_user="portal", smtp_password=Secret("s3cret"))
    GatewayAccountFactory()
    old, new = settings.ENCRYPTION_KEYS, new_encryption_key()
    settings.ENCRYPTION_KEYS = [new, *old]

    result = door("reencrypt_secrets")

    assert (result.code, result.out) == (0, "3\n")
    settings.ENCRYPTION_KEYS = [new]
    first, second = GatewayAccount.objects.order_by("pk")
    assert first.smtp_password == Secret("s3cret")
    assert second.sms_password == Secret(OPERATOR_PASSWORD)
    assert second.smtp_password is None
    event = Event.objects.get()
    assert (event.origin, event.details) == ("command reencrypt_secrets", {"secrets": 3})


def test_a_secret_that_no_key_opens_stops_it_all(door: Door, settings: Settings) -> None:
    GatewayAccountFactory()
    old = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [new_encryption_key()]

    result = door("reencrypt_secrets")

    assert (result.code, result.out) == (1, "")
    assert "PORTAL_ENCRYPTION_KEYS" in result.err
    settings.ENCRYPTION_KEYS = old
    assert GatewayAccount.objects.get().sms_password == Secret(OPERATOR_PASSWORD)
