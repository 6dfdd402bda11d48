"""Why an account sends nothing, or goes on slower."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.delivery.models import GatewayAccount, PlatformStop
from portal.delivery.trouble import Cause, trouble_under

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
REFUSAL = "auth: 535 5.7.8 bad"


@pytest.mark.parametrize(
    ("account", "cause"),
    [
        (GatewayAccount(paused_reason=REFUSAL), Cause.REFUSED),
        (GatewayAccount(paused_reason="letter: unsendable"), Cause.REFUSED),
        (GatewayAccount(paused_reason="Contract ended"), Cause.PAUSED),
        (GatewayAccount(paused_reason=REFUSAL, paused_by_id=1), Cause.PAUSED),
        (GatewayAccount(failures=1, last_failure="mail: 421 later", not_before=LATER), "waiting"),
        (GatewayAccount(last_failure="rcpt: 451 greylisted"), Cause.SLOWED),
    ],
)
def test_a_troubled_account_says_what_keeps_its_messages(
    account: GatewayAccount, cause: Cause
) -> None:
    trouble = trouble_under(None, account, now=NOW)

    assert trouble is not None
    assert trouble.cause == cause
    assert trouble.raw == (account.paused_reason or account.last_failure)
    assert bool(trouble.words) != trouble.is_by_administrator


def test_a_stop_of_all_sending_comes_before_the_accounts_own_troubles() -> None:
    stop = PlatformStop(because="The operator moves its servers")

    trouble = trouble_under(stop, GatewayAccount(paused_reason=REFUSAL), now=NOW)

    assert trouble is not None
    assert (trouble.cause, trouble.raw) == (Cause.STOPPED, "The operator moves its servers")
    assert trouble.is_paused
    assert trouble.is_by_administrator


def test_an_account_waits_until_its_time_and_no_longer() -> None:
    account = GatewayAccount(failures=1, not_before=LATER, last_failure="mail: 421 later")

    trouble = trouble_under(None, account, now=NOW)

    assert trouble is not None
    assert trouble.until == LATER
    assert trouble_under(None, account, now=LATER) is None


def test_a_healthy_account_has_no_trouble() -> None:
    assert trouble_under(None, GatewayAccount(), now=NOW) is None
