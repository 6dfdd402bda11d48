"""A worker killed amid a mailing: another one ends it, and nobody is lost or comes twice."""

import signal
import uuid

import pytest
from django.utils import timezone
from kombu import Connection

from portal.accounts.models import User
from portal.celery import app
from portal.contacts.models import Contact, Group
from portal.delivery.models import GatewayAccount, Message, Recipient
from portal.embedded.broker import filesystem_broker
from portal.messaging.mailings import preparing, services
from portal.messaging.mailings.content import Content
from portal.messaging.mailings.services import (
    mailing_confirm,
    mailing_prepare,
    mailing_save_draft,
)
from portal.messaging.mailings.sweep import mailings_sweep
from portal.messaging.mailings.work import work_to_the_end
from portal.messaging.models import GatheredPerson, Mailing, PreparedRecipient, Stage, Wave
from portal.messaging.picked import Picked
from portal.messaging.tasks import mailing_work
from tests.crash.dying_mailing import ROWS, MailingPoint
from tests.crash.processes import Workshop, ended
from tests.factories import GroupFactory, SenderNameFactory, contacts_made
from tests.patience import until

PEOPLE = [(f"N{number}", f"7921{number:07d}") for number in range(5 * ROWS)]
PHONES = [phone for _name, phone in PEOPLE]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "ROWS_PER_STEP", ROWS)
    monkeypatch.setattr(services, "MOST_AT_ONCE", 0)


@pytest.fixture(autouse=True)
def rings_come(monkeypatch: pytest.MonkeyPatch, workshop: Workshop) -> None:
    """Rings of the test's own process go to the workers' broker."""
    url, options = filesystem_broker(workshop.broker_folder)

    def send(arguments: tuple[int]) -> None:
        with Connection(url, transport_options=options) as connection:
            app.send_task(mailing_work.name, arguments, connection=connection)

    monkeypatch.setattr(mailing_work, "apply_async", send)


@pytest.fixture
def group(author: User) -> Group:
    group: Group = GroupFactory(organisation=author.organisation)
    assert author.organisation is not None
    contacts_made(author.organisation, *zip(*PEOPLE, strict=True))
    group.contacts.set(Contact.objects.all())
    return group


@pytest.fixture
def preparing_one(author: User, account: GatewayAccount, group: Group) -> Mailing:
    """Personalised, with a canary, to everybody in the group; a worker is to prepare it."""
    content = Content(
        sender_value=SenderNameFactory(organisation=author.organisation).value,
        text="Привет, {имя}!",
        picked=Picked(group_ids=(group.pk,)),
        canary_size=ROWS,
        canary_minutes=1,
    )
    draft = mailing_save_draft(author=author, content=content, form_key=uuid.uuid4().hex)
    return mailing_prepare(mailing=draft, actor=author)


@pytest.fixture
def submitting_one(preparing_one: Mailing, author: User) -> Mailing:
    work_to_the_end(preparing_one.pk)
    preparing_one.refresh_from_db()
    return mailing_confirm(
        mailing=preparing_one, actor=author, snapshot_hash=preparing_one.snapshot_hash
    )


def lease_runs_out(mailing: Mailing) -> None:
    """As a minute later."""
    mailing.refresh_from_db()
    assert mailing.lease_token is not None
    Mailing.objects.filter(pk=mailing.pk).update(lease_until="2000-01-01T00:00Z")


@pytest.mark.parametrize(
    ("point", "nth", "committed"),
    [
        (MailingPoint.GATHERED_UNCOMMITTED, 1, 0),
        (MailingPoint.WRITTEN_UNCOMMITTED, 3, 2 * ROWS),
        # The first step gathers.
        (MailingPoint.WRITTEN, 1, 0),
        (MailingPoint.WRITTEN, 4, 3 * ROWS),
        (MailingPoint.SUMMED_UNCOMMITTED, 1, 5 * ROWS),
    ],
)
def test_another_worker_goes_on_with_the_preparation_from_the_last_commit(
    point: MailingPoint,
    nth: int,
    committed: int,
    preparing_one: Mailing,
    group: Group,
    workshop: Workshop,
) -> None:
    assert ended(workshop.dying_mailing(preparing_one.pk, point, nth)) == -signal.SIGKILL
    assert PreparedRecipient.objects.count() == committed
    if point != MailingPoint.GATHERED_UNCOMMITTED:
        # Whoever leaves the group now was fixed before.
        group.contacts.clear()

    lease_runs_out(preparing_one)
    work_to_the_end(preparing_one.pk)

    preparing_one.refresh_from_db()
    assert (preparing_one.stage, preparing_one.takeovers) == (Stage.PREPARED, 1)
    prepared = PreparedRecipient.objects.order_by("position").values_list("phone", "text")
    assert list(prepared) == [(phone, f"Привет, {name}!") for name, phone in PEOPLE]
    assert preparing_one.reached == len(PEOPLE)
    assert not GatheredPerson.objects.exists()


@pytest.mark.parametrize("nth", [1, 2])
def test_a_worker_killed_between_the_waves_leaves_none(
    nth: int, submitting_one: Mailing, workshop: Workshop
) -> None:
    point = MailingPoint.ENQUEUED_UNCOMMITTED
    assert ended(workshop.dying_mailing(submitting_one.pk, point, nth)) == -signal.SIGKILL
    assert not Message.objects.exists()

    lease_runs_out(submitting_one)
    work_to_the_end(submitting_one.pk)

    everybody_once(submitting_one)


def test_a_worker_killed_after_the_commit_has_done_all(
    submitting_one: Mailing, workshop: Workshop
) -> None:
    point = MailingPoint.SUBMITTED
    assert ended(workshop.dying_mailing(submitting_one.pk, point, 1)) == -signal.SIGKILL

    lease_runs_out(submitting_one)
    mailings_sweep_and_work(submitting_one)

    everybody_once(submitting_one)


def test_a_worker_of_celery_takes_over_what_the_sweep_finds(
    preparing_one: Mailing, workshop: Workshop
) -> None:
    ended(workshop.dying_mailing(preparing_one.pk, MailingPoint.WRITTEN, 2))
    lease_runs_out(preparing_one)

    workshop.celery()
    mailings_sweep(now=timezone.now())

    until(lambda: Mailing.objects.get(pk=preparing_one.pk).stage == Stage.PREPARED)
    assert PreparedRecipient.objects.count() == len(PEOPLE)


def everybody_once(mailing: Mailing) -> None:
    mailing.refresh_from_db()
    assert mailing.stage == Stage.SENT
    assert Message.objects.count() == Wave.objects.count() == 2
    assert sorted(Recipient.objects.values_list("phone", flat=True)) == PHONES


def mailings_sweep_and_work(mailing: Mailing) -> None:
    mailings_sweep(now=timezone.now())
    work_to_the_end(mailing.pk)
