"""An administrator changes where the account sends to while it sends."""

from pathlib import Path

import pytest

from portal.accounts.models import User
from portal.delivery import pace
from portal.delivery.engine import deliver_account
from portal.delivery.gateways import gateway_set
from portal.delivery.models import GatewayAccount
from portal.delivery.selectors import message_counts
from portal.embedded.sandbox import SandboxAccount, SandboxOperator
from sms.secret import Secret
from tests.factories import AdministratorFactory, submit_message
from tests.integration.delivery.engine_run import before_group, numbers, sandbox

MANY = numbers(60)


def test_what_is_claimed_after_a_move_goes_to_the_new_server_alone(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Else one claim may take them all before the move.
    monkeypatch.setattr(pace, "MOST_CLAIMED", 4)
    message = submit_message(author, *MANY)
    moved_to = SandboxAccount("moved", Secret("n3w"), None, account.mailbox)
    log = tmp_path / "new" / "letters.jsonl"
    with (
        sandbox(tmp_path / "old", account) as old,
        SandboxOperator([moved_to], log, durable=False) as new,
    ):
        changes = {"port": new.port, "sms_user": "moved", "sms_password": moved_to.password}
        before_group(
            monkeypatch,
            3,
            lambda: gateway_set(
                organisation=account.organisation, actor=AdministratorFactory(), changes=changes
            ),
        )
        deliver_account(account.pk)
        at_old, at_new = old.letters(), new.letters()

    # Either server refuses the other's login, so that a letter at the wrong one would be rejected.
    assert message_counts(message.pk) == {"accepted": len(MANY)}
    assert at_old
    assert at_new
    assert sorted(n for letter in [*at_old, *at_new] for n in letter.numbers) == sorted(MANY)
