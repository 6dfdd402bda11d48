"""A member who writes mailings, through the real doors; rings are answered by hand."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from portal.accounts.models import Organisation, User
from portal.contacts.models import Contact, Group
from portal.delivery.models import Message
from portal.messaging.mailings.content import Content
from portal.messaging.mailings.services import (
    mailing_confirm,
    mailing_prepare,
    mailing_save_draft,
)
from portal.messaging.mailings.sweep import mailings_sweep
from portal.messaging.mailings.work import work_to_the_end
from portal.messaging.models import IN_WORK, Mailing
from portal.messaging.picked import Picked
from tests.factories import GroupFactory, contacts_made

MOSCOW_NOON = datetime(2026, 11, 24, 9, tzinfo=UTC)
NUMBERS = "8 921 000 00 01, 8 921 000 00 02"


@dataclass
class Office:
    author: User

    @property
    def organisation(self) -> Organisation:
        assert self.author.organisation is not None
        return self.author.organisation

    def draft(self, **changes: Any) -> Mailing:
        """``changes``: of the content; ``numbers``: typed ones, ``group`` a picked one."""
        numbers, group = changes.pop("numbers", NUMBERS), changes.pop("group", None)
        if group:
            picked = Picked(typed=changes.pop("typed", ""), group_ids=(group.pk,))
        else:
            picked = Picked(typed=numbers)
        fields = {"sender_value": "ACME", "text": "Привет!", "picked": picked, **changes}
        return mailing_save_draft(
            author=self.author, content=Content(**fields), form_key=uuid.uuid4().hex
        )

    def prepared(self, **changes: Any) -> Mailing:
        return mailing_prepare(mailing=self.draft(**changes), actor=self.author)

    def confirmed(self, **changes: Any) -> Mailing:
        mailing = self.prepared(**changes)
        return mailing_confirm(
            mailing=mailing, actor=self.author, snapshot_hash=mailing.snapshot_hash
        )

    def sent(self, **changes: Any) -> Mailing:
        mailing = self.confirmed(**changes)
        work_to_the_end(mailing.pk)
        mailing.refresh_from_db()
        return mailing

    def group(self, *people: tuple[str, str]) -> Group:
        """Of shared contacts, each a name and a number."""
        group: Group = GroupFactory(organisation=self.organisation)
        self.join(group, *people)
        return group

    def join(self, group: Group, *people: tuple[str, str]) -> None:
        names, phones = zip(*people, strict=True)
        contacts_made(self.organisation, names, phones)
        made = Contact.objects.filter(organisation=self.organisation, phone__in=phones)
        group.contacts.add(*made)


def sweep_and_work() -> None:
    """What beat and the workers do together, until nothing is left to do now."""
    mailings_sweep(now=timezone.now())
    waiting = Mailing.objects.filter(stage__in=IN_WORK)
    for pk in list(waiting.values_list("pk", flat=True)):
        work_to_the_end(pk)


def again(mailing: Mailing) -> Mailing:
    """As it is now."""
    return Mailing.objects.get(pk=mailing.pk)


def messages_of(mailing: Mailing) -> list[Message]:
    return [wave.message for wave in mailing.waves.order_by("number")]


def phones_of(message: Message) -> list[str]:
    return list(message.recipients.order_by("id").values_list("phone", flat=True))
