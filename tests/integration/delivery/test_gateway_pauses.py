"""Gateway accounts paused and resumed, by administrators and by the engine."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from portal.audit.models import Action, Event
from portal.core.errors import Conflict, Refused
from portal.delivery import gateways
from portal.delivery.account_health import account_pause
from portal.delivery.answers import group_commit
from portal.delivery.claims import envelopes_claim
from portal.delivery.gateways import gateway_pause, gateway_resume
from portal.delivery.models import GatewayAccount, State
from portal.delivery.selectors import message_counts
from sms.secret import Secret
from tests.factories import (
    AdministratorFactory,
    GatewayAccountFactory,
    MemberFactory,
    submit_message,
)
from tests.integration.delivery.gateway_changes import details_of, set_up

pytestmark = pytest.mark.django_db

REFUSAL = "auth: 535 no"


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of the accounts that the doorbell was rung for."""
    ids: list[int] = []
    monkeypatch.setattr(gateways, "ring", ids.append)
    return ids


def paused_account() -> GatewayAccount:
    return GatewayAccountFactory(
        paused_reason=REFUSAL,
        failures=4,
        not_before=timezone.now() + timedelta(hours=1),
        last_failure=REFUSAL,
    )


@pytest.mark.parametrize(
    "change",
    [
        {"sms_password": Secret("new")},
        {"host": "smtp.example.org"},
        {"smtp_user": "portal", "smtp_password": Secret("new")},
        {"mailbox": "other@example.org"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_what_the_server_refused_lifts_the_pause(
    change: dict[str, object],
    rung: list[int],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    account = paused_account()

    with django_capture_on_commit_callbacks(execute=True):
        set_up(account.organisation, **change)

    account.refresh_from_db()
    assert (account.is_paused, account.failures, account.not_before) == (False, 0, None)
    assert Event.objects.filter(action=Action.RESUMED, object_id=str(account.pk)).exists()
    assert rung == [account.pk]


def test_a_change_of_pace_leaves_the_pause() -> None:
    account = paused_account()

    set_up(account.organisation, connections=2)

    account.refresh_from_db()
    assert account.is_paused


def test_pausing_needs_a_reason_and_says_it() -> None:
    account = GatewayAccountFactory()

    with pytest.raises(Refused) as refused:
        gateway_pause(account=account, reason=" ", actor=AdministratorFactory())
    assert refused.value.field == "reason"

    gateway_pause(account=account, reason="the operator rebuilds", actor=AdministratorFactory())
    account.refresh_from_db()
    assert account.paused_reason == "the operator rebuilds"
    assert details_of(account, Action.PAUSED) == {"reason": "the operator rebuilds"}


def test_pausing_twice_keeps_the_first_reason() -> None:
    account = GatewayAccountFactory()
    gateway_pause(account=account, reason="first", actor=AdministratorFactory())

    with pytest.raises(Conflict):
        gateway_pause(account=account, reason="second", actor=AdministratorFactory())

    account.refresh_from_db()
    assert account.paused_reason == "first"


def test_a_persons_pause_takes_the_place_of_the_engines_and_a_mended_account_stays_paused() -> None:
    account, administrator = paused_account(), AdministratorFactory()

    gateway_pause(account=account, reason="the contract ended", actor=administrator)
    set_up(account.organisation, host="smtp.example.org", sms_password=Secret("new"))

    account.refresh_from_db()
    assert (account.paused_reason, account.paused_by) == ("the contract ended", administrator)
    assert (account.failures, account.not_before, account.last_failure) == (0, None, "")
    assert not Event.objects.filter(action=Action.RESUMED).exists()


def test_a_persons_pause_ends_by_a_person(rung: list[int]) -> None:
    account, administrator = GatewayAccountFactory(), AdministratorFactory()
    gateway_pause(account=account, reason="the contract ended", actor=administrator)

    gateway_resume(account=account, actor=administrator)

    account.refresh_from_db()
    assert (account.is_paused, account.paused_by) == (False, None)


def test_the_engine_leaves_a_persons_pause_as_it_is() -> None:
    account, administrator = GatewayAccountFactory(), AdministratorFactory()
    gateway_pause(account=account, reason="the contract ended", actor=administrator)

    account_pause(account.pk, because=REFUSAL)

    account.refresh_from_db()
    assert (account.paused_reason, account.paused_by) == ("the contract ended", administrator)


def test_what_a_worker_holds_goes_back_when_its_account_is_paused() -> None:
    message = submit_message(MemberFactory())
    account = GatewayAccount.objects.get()
    [held] = envelopes_claim(account_id=account.pk, most=1, now=timezone.now()).envelopes

    gateway_pause(account=account, reason="the contract ended", actor=AdministratorFactory())

    assert group_commit(outcomes=[], passing=[held], now=timezone.now()) == set()
    assert message_counts(message.pk) == {State.QUEUED: 1}


def test_resuming_forgets_the_failures_and_rings(
    rung: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    account = paused_account()

    with django_capture_on_commit_callbacks(execute=True):
        gateway_resume(account=account, actor=AdministratorFactory())

    account.refresh_from_db()
    assert (account.is_paused, account.last_failure, account.not_before) == (False, "", None)
    assert rung == [account.pk]
