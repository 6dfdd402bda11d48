"""Who goes first, and how much of an account one run may take."""

import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.delivery.claims import Claimed, envelopes_claim
from portal.delivery.connections import connections_lease, connections_resize
from portal.delivery.engine import deliver_account
from portal.delivery.models import ConnectionLease, GatewayAccount, Message, OutboxEntry
from portal.delivery.outbox import MOST_INTERACTIVE_RECIPIENTS
from portal.delivery.selectors import message_counts
from portal.embedded.sandbox import SandboxLetter
from tests.factories import GatewayAccountFactory, MemberFactory, submit_message
from tests.integration.delivery.engine_run import before_group, deliver, numbers, sandbox
from tests.integration.threads import at_once
from tests.unit.sms.fake_operator import PATIENT

CAMPAIGN = numbers(MOST_INTERACTIVE_RECIPIENTS + 1)
SOMEBODY = "79990000000"


def claim(account: GatewayAccount, most: int, now: datetime | None = None) -> Claimed:
    return envelopes_claim(account_id=account.pk, most=most, now=now or timezone.now())


def taken(claimed: Claimed) -> list[int]:
    return [envelope.number for envelope in claimed.envelopes]


def test_a_claim_takes_a_chunk_of_a_message_and_moves_its_cursor(
    account: GatewayAccount, author: User
) -> None:
    submit_message(author, *numbers(5))

    assert taken(claim(account, 2)) == [1, 2]
    assert OutboxEntry.objects.get().next_number == 3
    assert taken(claim(account, 9)) == [3, 4, 5]
    assert taken(claim(account, 9)) == []


def test_an_interactive_message_is_claimed_before_a_campaign_that_came_first(
    account: GatewayAccount, author: User
) -> None:
    submit_message(author, *CAMPAIGN)
    urgent = submit_message(author, SOMEBODY)

    claimed = claim(account, 3).envelopes

    assert claimed[0].message == urgent
    assert [envelope.number for envelope in claimed[1:]] == [1, 2]


def test_claims_made_at_once_share_no_envelope(account: GatewayAccount, author: User) -> None:
    for _ in range(4):
        submit_message(author, *numbers(5))

    claims = at_once(*[lambda: claim(account, 5)] * 4)

    found = Counter(
        envelope.id
        for claimed in claims
        if isinstance(claimed, Claimed)
        for envelope in claimed.envelopes
    )
    assert not [one for one in claims if isinstance(one, Exception)]
    assert found
    assert set(found.values()) == {1}


def test_a_message_to_one_overtakes_a_campaign_that_is_being_sent(
    account: GatewayAccount, author: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = submit_message(author, *CAMPAIGN)
    submitted: list[tuple[Message, datetime]] = []

    def submit() -> None:
        submitted.append((submit_message(author, SOMEBODY), timezone.now()))

    before_group(monkeypatch, 5, submit)
    with sandbox(tmp_path, account, latency_ms=2) as operator:
        deliver_account(account.pk)
        letters = operator.letters()

    urgent, at = submitted[0]
    assert message_counts(urgent.pk) == {"accepted": 1}
    assert message_counts(campaign.pk) == {"accepted": len(CAMPAIGN)}
    arrived = next(letter.time for letter in letters if letter.numbers == (SOMEBODY,))
    assert arrived - at < timedelta(seconds=1)
    assert letters[-1].time > arrived


def test_two_organisations_share_a_worker_evenly(
    account: GatewayAccount,
    author: User,
    tmp_path: Path,
    settings: Settings,
) -> None:
    settings.DELIVERY_SESSIONS_PER_WORKER = 2
    theirs = other_account()
    submit_message(author, *numbers(120))
    submit_message(theirs.organisation.members.get(), *numbers(60, first=79110000000))

    with sandbox(tmp_path, account, theirs, latency_ms=2) as operator:
        deliver_account(account.pk)
        letters = operator.letters()

    assert len(letters) == 180
    ours, others = shares_while_both_had_some(letters)
    assert 0.5 < ours / others < 2


def other_account() -> GatewayAccount:
    account: GatewayAccount = GatewayAccountFactory(
        organisation=MemberFactory().organisation,
        sms_user="other",
        numbers_per_email=1,
        connections=2,
    )
    return account


def shares_while_both_had_some(letters: list[SandboxLetter]) -> tuple[int, int]:
    times = {
        user: [letter.time for letter in letters if letter.sms_user == user]
        for user in ("acme", "other")
    }
    start = max(found[0] for found in times.values())
    end = min(found[-1] for found in times.values())
    ours, others = (sum(start <= at <= end for at in found) for found in times.values())
    return ours, others


def test_the_limit_per_minute_holds_over_all_runs(account: GatewayAccount, author: User) -> None:
    GatewayAccount.objects.update(per_minute=120)
    for _ in range(4):
        submit_message(author, *numbers(5))
    now = timezone.now()

    at_one_moment = at_once(*[lambda: claim(account, 9, now)] * 3)

    assert sum(len(taken(one)) for one in at_one_moment if isinstance(one, Claimed)) == 2
    assert taken(claim(account, 9, now + timedelta(seconds=0.9))) == []
    assert len(taken(claim(account, 9, now + timedelta(seconds=1)))) == 2


def test_a_limited_account_is_sent_to_at_its_pace(
    account: GatewayAccount, author: User, settings: Settings
) -> None:
    settings.DELIVERY_LINGER_SECONDS = 1.0
    GatewayAccount.objects.update(per_minute=120)
    submit_message(author, *numbers(6))

    begun = time.monotonic()
    assert len(deliver(account)) == 6

    assert time.monotonic() - begun > 2


def test_the_connections_of_an_account_are_shared_out_over_all_runs(
    account: GatewayAccount,
) -> None:
    GatewayAccount.objects.update(connections=5)
    leases = at_once(*[lambda: lease(account, 2)] * 4)

    held = [one for one in leases if isinstance(one, ConnectionLease)]
    assert sorted(one.connections for one in held) == [1, 2, 2]
    assert [one for one in leases if not isinstance(one, ConnectionLease)] == [None]


def test_a_run_gives_connections_back_and_takes_what_is_free(account: GatewayAccount) -> None:
    GatewayAccount.objects.update(connections=4)
    first, second = lease(account, 3), lease(account, 3)
    assert first is not None
    assert second is not None
    now = timezone.now()

    connections_resize(first, to=1, now=now)
    connections_resize(second, to=9, now=now)

    assert (first.connections, second.connections) == (1, 3)


def lease(account: GatewayAccount, most: int) -> ConnectionLease | None:
    return connections_lease(account_id=account.pk, most=most, now=timezone.now())


def test_a_server_without_pipelining_gets_every_letter(
    account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *numbers(7))

    assert len(deliver(account, PATIENT)) == 7

    assert message_counts(message.pk) == {"accepted": 7}
