"""One personalised mailing, worked at to the end: ``python -m tests.benchmarks.mailing AUTHOR
GROUP``. And what the least of it would be."""

import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from portal.contacts.models import Group

TEMPLATE = "{name}, ваш заказ готов. Ждём вас ежедневно с 9 до 21 часа, улица Лесная, дом 5."
_INTO = """messaging_preparedrecipient (mailing_id, position, phone, name, text, segments, units,
                                        zone, left_out, lacks, note)"""


def main(author_email: str, group_id: str) -> None:
    """Prints seconds of ``prepared`` and ``submitted``, and how many it is ``sent_to``."""
    from portal.accounts.models import User
    from portal.delivery.models import Recipient
    from portal.messaging.mailings.content import Content
    from portal.messaging.mailings.services import (
        mailing_confirm,
        mailing_prepare,
        mailing_save_draft,
    )
    from portal.messaging.mailings.work import work_to_the_end
    from portal.messaging.picked import Picked
    from portal.senders.models import SenderName

    author = User.objects.get(email=author_email)
    content = Content(
        sender_value=SenderName.objects.usable_by(author).get().value,
        text=TEMPLATE,
        picked=Picked(group_ids=(int(group_id),)),
    )
    mailing = mailing_save_draft(author=author, content=content, form_key=uuid.uuid4().hex)
    mailing_prepare(mailing=mailing, actor=author)
    begun = time.monotonic()
    work_to_the_end(mailing.pk)
    prepared = time.monotonic()
    mailing.refresh_from_db()
    mailing_confirm(mailing=mailing, actor=author, snapshot_hash=mailing.snapshot_hash)
    confirmed = time.monotonic()
    work_to_the_end(mailing.pk)
    submitted = time.monotonic()
    sent_to = Recipient.objects.filter(message__wave__mailing=mailing).count()
    done = {"prepared": prepared - begun, "submitted": submitted - confirmed, "sent_to": sent_to}
    print(json.dumps(done))  # noqa: T201 - the result


def floor_seconds(group: "Group") -> float:
    """The people of the group read, their names put into the text, and the rows copied into the
    table that a preparation fills, nothing counted: one transaction, rolled back in the end."""
    from django.db import transaction
    from django.utils import timezone

    from portal.contacts.selectors import contacts_of
    from portal.core.copying import copy_rows
    from portal.messaging.models import Mailing

    with transaction.atomic():
        mailing = Mailing.objects.create(
            organisation=group.organisation,
            author=group.organisation.members.first(),
            form_key=uuid.uuid4().hex,
        )
        begun = time.monotonic()
        contacts = contacts_of(group, now=timezone.now()).order_by("pk")
        people = list(contacts.values_list("phone", "given_name"))

        def rows() -> Iterator[tuple[object, ...]]:
            for position, (phone, name) in enumerate(people):
                text = TEMPLATE.replace("{name}", name)
                yield mailing.pk, position, phone, name, text, 1, len(text), "", "", "", ""

        copy_rows(_INTO, rows())
        seconds = time.monotonic() - begun
        transaction.set_rollback(True)
    return seconds


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    main(*sys.argv[1:])
