"""The stop of all sending."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.core.errors import Conflict, Refused
from portal.delivery import platform
from portal.delivery.answers import group_commit
from portal.delivery.claims import envelopes_claim
from portal.delivery.gateways import gateway_pause
from portal.delivery.models import GatewayAccount, PlatformStop, State
from portal.delivery.platform import platform_resume, platform_stop, stop_now
from portal.delivery.scheduling import accounts_due, is_due
from portal.delivery.selectors import message_counts
from portal.delivery.trouble import Cause, trouble_of
from tests.factories import AdministratorFactory, MemberFactory, submit_message

pytestmark = pytest.mark.django_db

OnCommit = DjangoCaptureOnCommitCallbacks


@pytest.fixture
def administrator() -> User:
    administrator: User = AdministratorFactory()
    return administrator


@pytest.fixture
def accounts() -> list[GatewayAccount]:
    """Of two organisations, each with a message that is due."""
    for _ in range(2):
        submit_message(MemberFactory())
    return list(GatewayAccount.objects.order_by("pk"))


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(platform, "ring", ids.append)
    return ids


def test_while_all_is_stopped_nothing_is_due_and_nothing_claimed(
    administrator: User, accounts: list[GatewayAccount]
) -> None:
    platform_stop(because="fire", actor=administrator)

    later = timezone.now() + timedelta(days=1)
    assert accounts_due(now=later) == []
    for account in accounts:
        assert not is_due(account.pk, now=later)
        assert not envelopes_claim(account_id=account.pk, most=10, now=later).envelopes
        trouble = trouble_of(account, now=later)
        assert trouble is not None
        assert (trouble.cause, trouble.raw) == (Cause.STOPPED, "fire")


def test_what_workers_hold_is_taken_back(
    administrator: User, accounts: list[GatewayAccount]
) -> None:
    now = timezone.now()
    held = [
        envelopes_claim(account_id=account.pk, most=1, now=now).envelopes[0] for account in accounts
    ]
    left = group_commit(outcomes=[], passing=held[:1], now=now)

    platform_stop(because="fire", actor=administrator)

    assert left == {held[0].key}
    assert group_commit(outcomes=[], passing=held[1:], now=timezone.now()) == set()
    assert message_counts(held[0].message.pk) == {State.TRANSMITTING: 1}
    assert message_counts(held[1].message.pk) == {State.QUEUED: 1}


def test_resuming_rings_for_every_account_with_something_due(
    administrator: User,
    accounts: list[GatewayAccount],
    rung: list[int],
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    paused, open_one = accounts
    gateway_pause(account=paused, reason="contract", actor=administrator)
    platform_stop(because="fire", actor=administrator)

    with django_capture_on_commit_callbacks(execute=True):
        platform_resume(actor=administrator)

    assert stop_now() is None
    assert rung == [open_one.pk]
    now = timezone.now()
    assert len(envelopes_claim(account_id=open_one.pk, most=10, now=now).envelopes) == 1
    assert not envelopes_claim(account_id=paused.pk, most=10, now=now).envelopes


def test_both_are_on_the_platforms_own_chain(administrator: User) -> None:
    platform_stop(because="fire", actor=administrator)
    platform_resume(actor=administrator)

    trail = Event.objects.filter(object_type="delivery.platformstop").order_by("sequence")
    assert [(one.organisation_id, one.action, one.actor_id) for one in trail] == [
        (0, Action.PAUSED, administrator.pk),
        (0, Action.RESUMED, administrator.pk),
    ]
    assert trail[0].details == {"reason": "fire"}


def test_another_reason_replaces_the_first_and_the_same_is_told_so(administrator: User) -> None:
    platform_stop(because="fire", actor=administrator)
    since = PlatformStop.objects.get().stopped_at

    with pytest.raises(Conflict):
        platform_stop(because=" fire ", actor=administrator)
    platform_stop(because="the fire is out, we clean up", actor=administrator)

    stop = PlatformStop.objects.get()
    assert (stop.because, stop.stopped_at) == ("the fire is out, we clean up", since)


@pytest.mark.parametrize("because", ["", "  \n"])
def test_a_stop_needs_a_reason(administrator: User, because: str) -> None:
    with pytest.raises(Refused) as refused:
        platform_stop(because=because, actor=administrator)

    assert refused.value.field == "reason"
    assert stop_now() is None


def test_where_nothing_is_stopped_nothing_resumes(administrator: User) -> None:
    with pytest.raises(Conflict):
        platform_resume(actor=administrator)


@pytest.mark.parametrize(
    "act",
    [
        lambda actor: platform_stop(because="fire", actor=actor),
        lambda actor: platform_resume(actor=actor),
    ],
)
@pytest.mark.parametrize("fields", [{"role": Role.MANAGER}, {"is_staff": True, "is_active": False}])
def test_nobody_but_an_active_administrator_stops_or_resumes(
    act: Callable[[User], object], fields: dict[str, object], administrator: User
) -> None:
    member = MemberFactory(**fields)
    platform_stop(because="flood", actor=administrator)

    with pytest.raises(Refused, match="administrator"):
        act(member)

    assert PlatformStop.objects.get().because == "flood"
