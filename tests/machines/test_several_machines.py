"""Workers of two hosts as one: nothing lost, nothing twice, every limit kept by both together."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.machines.brokers import Broker
from tests.machines.conftest import Campaign, Campaigner, Campaigning
from tests.machines.deployment import Deployment
from tests.machines.hosts import Host
from tests.patience import until

# More connections than one host's processes open.
MANY = 64


def send_from_both(sender: Campaigner, hosts: Sequence[Host]) -> Campaign:
    """A message under way on both hosts; small ones after it ring for the second."""
    message = sender.send(2000)
    message.await_sent(1)
    for _ in range(3):
        sender.send(1)
    until(lambda: all(sender.doorway.accepted[host.name] for host in hosts))
    return message


def test_two_hosts_send_one_message_together_and_each_number_once(
    deployment: Deployment, campaigner: Campaigning
) -> None:
    message = send_from_both(campaigner(connections=MANY), deployment.hosts)
    assert len(message.sent()) < 2000
    assert message.await_end() == {"accepted": 2000}
    assert sorted(message.sent()) == message.numbers


def test_the_connections_of_an_account_are_shared_by_both_hosts(campaigner: Campaigning) -> None:
    sender = campaigner(connections=3)
    messages = [sender.send(25) for _ in range(3)]
    assert [message.await_end() for message in messages] == [{"accepted": 25}] * 3
    assert sender.doorway.most == 3
    assert [sorted(message.sent()) for message in messages] == [one.numbers for one in messages]


def test_the_e_mails_per_minute_of_an_account_hold_over_both_hosts(
    campaigner: Campaigning,
) -> None:
    per_second = 4
    sender = campaigner(connections=8, per_minute=60 * per_second)
    messages = [sender.send(12) for _ in range(2)]
    assert [message.await_end() for message in messages] == [{"accepted": 12}] * 2
    times = sorted(letter.time for letter in sender.operator.letters())
    window = timedelta(seconds=3)
    most = max(sum(start <= time < start + window for time in times) for start in times)
    assert most <= per_second * window.seconds + 2 * per_second


def test_a_broker_killed_and_emptied_amid_sending_loses_and_doubles_nothing(
    campaigner: Campaigning, broker: Broker
) -> None:
    sender = campaigner(connections=4)
    message = sender.send(120)
    message.await_sent(10)
    broker.renew()
    assert len(message.sent()) < 120
    after = sender.send(10)
    assert message.await_end() == {"accepted": 120}
    assert after.await_end() == {"accepted": 10}
    assert [sorted(one.sent()) for one in (message, after)] == [message.numbers, after.numbers]


@pytest.mark.usefixtures("wire")
def test_what_a_host_cut_off_amid_sending_leaves_is_sent_by_the_other_and_nothing_twice(
    deployment: Deployment, campaigner: Campaigning
) -> None:
    staying, leaving = deployment.hosts
    sender = campaigner(connections=MANY)
    message = send_from_both(sender, deployment.hosts)
    sessions = sender.doorway.open[leaving.name]
    assert len(message.sent()) < 2000
    leaving.cut_off()
    try:
        counts = message.await_end()
    finally:
        leaving.join_again()
    sent = message.sent()
    assert 0 < sessions < MANY
    assert counts.get("uncertain", 0) <= sessions
    assert counts["accepted"] + counts.get("uncertain", 0) == 2000
    assert counts["accepted"] <= len(sent) == len(set(sent))

    deployment.stop_worker(staying)
    alone = sender.send(20)
    assert alone.await_end() == {"accepted": 20}
    assert sorted(alone.sent()) == alone.numbers
    deployment.start_worker(staying)
