"""A number that is stopped while a run has claimed its e-mail already."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.contacts.models import StopListEntry, StopSource
from portal.contacts.stop_list.services import stop_list_add
from portal.delivery import engine
from portal.delivery.answers import group_commit
from portal.delivery.claims import Claimed, envelopes_claim
from portal.delivery.models import GatewayAccount
from portal.delivery.selectors import message_counts
from portal.delivery.stop_watch import stopped_recall
from tests.factories import AdministratorFactory, MemberFactory, submit_message
from tests.integration.delivery.engine_run import before_group, deliver, numbers, numbers_in

FIRST, STOPPED, LAST = THREE = numbers(3)
MANY = numbers(40)


def stop(actor: User, phone: str) -> None:
    source = StopSource.HAND if actor.organisation else StopSource.ADMINISTRATOR
    stop_list_add(
        organisation=actor.organisation, phones=[phone], reason="", source=source, actor=actor
    )


def claim(account: GatewayAccount) -> Claimed:
    return envelopes_claim(account_id=account.pk, most=10, now=timezone.now())


def recall(claimed: Claimed) -> bool:
    return stopped_recall(
        {envelope.key for envelope in claimed.envelopes},
        organisation_id=claimed.account.organisation_id,
        now=timezone.now(),
    )


def passed(*claims: Claimed) -> set[str]:
    """The numbers of those that may still be handed over."""
    envelopes = [envelope for claimed in claims for envelope in claimed.envelopes]
    keys = group_commit(outcomes=[], passing=envelopes, now=timezone.now())
    return {one for envelope in envelopes if envelope.key in keys for one in envelope.numbers}


@pytest.mark.parametrize("is_platform_wide", [False, True])
def test_what_is_claimed_already_is_taken_back_and_the_rest_is_left_alone(
    account: GatewayAccount, author: User, is_platform_wide: bool
) -> None:
    message = submit_message(author, *THREE)
    claimed = claim(account)
    stop(AdministratorFactory() if is_platform_wide else author, STOPPED)

    assert recall(claimed)
    assert not recall(claimed)

    assert not claim(account).envelopes
    assert passed(claimed) == {FIRST, LAST}
    assert message.skips.get().phone == STOPPED


def test_the_others_of_its_email_are_sent_to_by_the_next_claim(
    account: GatewayAccount, author: User
) -> None:
    GatewayAccount.objects.update(numbers_per_email=80)
    submit_message(author, *THREE)
    claimed = claim(account)
    stop(author, STOPPED)

    recall(claimed)

    assert passed(claimed, claim(account)) == {FIRST, LAST}


def test_another_organisation_s_list_and_an_old_entry_take_nothing_back(
    account: GatewayAccount, author: User
) -> None:
    submit_message(author, *THREE)
    claimed = claim(account)
    stop(MemberFactory(), FIRST)
    stop(author, STOPPED)
    own = StopListEntry.objects.filter(phone=STOPPED)
    own.update(created_at=timezone.now() - timedelta(hours=1))

    assert not recall(claimed)

    assert passed(claimed) == set(THREE)


def test_a_run_asks_while_it_sends(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "STOP_LIST_SECONDS", 0)
    monkeypatch.setattr(engine, "TICK_SECONDS", 0)
    message = submit_message(author, *MANY)
    before_group(monkeypatch, 1, lambda: stop(author, MANY[7]))

    letters = deliver(account)

    assert numbers_in(letters) == dict.fromkeys({*MANY} - {MANY[7]}, 1)
    assert message_counts(message.pk) == {"accepted": 39, "skipped": 1}
