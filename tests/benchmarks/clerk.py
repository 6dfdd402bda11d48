"""Uses the portal's doors from inside it: ``python -m tests.benchmarks.clerk``.

One process for many orders, since to start Django for each would be the larger part of the work
measured. An order is a line of JSON, a name and its arguments; so is the answer, ``[true, result]``
or ``[false, reason]``.
"""

import io
import json
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import django
from django.core.management import call_command

if TYPE_CHECKING:
    from portal.delivery.models import GatewayAccount

Order = Callable[..., object]


def command(*arguments: str) -> str:
    """A management command's stdout, by the arguments as a shell would give them."""
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue().strip()


def pause(organisation: str) -> None:
    from portal.delivery.gateways import gateway_pause

    gateway_pause(account=_account(organisation), reason="benchmark", actor=None)


def resume(organisation: str, rings: int) -> None:
    """Send what waits; each worker is rung for, as the sweep would do within seconds."""
    from portal.delivery.doorbell import ring
    from portal.delivery.gateways import gateway_resume

    account = _account(organisation)
    gateway_resume(account=account, actor=None)
    for _ in range(rings):
        ring(account.pk)


def submit_timed(*arguments: str) -> dict[str, object]:
    """``send_message``, with the seconds of the whole call and those since the message's row."""
    from django.utils import timezone

    from portal.delivery.models import Message

    begun = time.monotonic()
    message_id = command("send_message", *arguments)
    seconds, now = time.monotonic() - begun, timezone.now()
    message = Message.objects.get(pk=message_id)
    rows_seconds = (now - message.created_at).total_seconds()
    return {"id": message_id, "seconds": seconds, "rows_seconds": rows_seconds}


def submit_own_texts(organisation: str, recipients: int) -> int:
    """A message to so many, each with a text of their own; its id."""
    from portal.delivery.outbox import Draft, message_enqueue
    from portal.delivery.personal import PersonalRecipient, PersonalRecipients
    from portal.senders.models import SenderName
    from sms.segments import count
    from tests.benchmarks.letters import FIRST_NUMBER, TEXT

    account = _account(organisation)
    author = account.organisation.members.get()
    each = count(TEXT).segments
    phones = (str(FIRST_NUMBER + number) for number in range(recipients))
    draft = Draft(
        author=author,
        sender_name=SenderName.objects.usable_by(author).get(),
        text=TEXT,
        recipients=PersonalRecipients(
            # As long as the one text of the others.
            people=(PersonalRecipient(one, "", f"{TEXT[:-11]}{one}", each) for one in phones),
            count=recipients,
            segments_in_all=recipients * each,
            most_segments=each,
        ),
        form_key=str(time.time_ns()),
        content_hash="",
    )
    return message_enqueue(draft=draft, account=account, actor=author).pk


def bulk_create_seconds(message_id: str) -> float:
    from tests.benchmarks.rows import bulk_create_seconds

    return bulk_create_seconds(int(message_id))


def field_add(organisation: str, name: str) -> tuple[int, int]:
    """Ids of the organisation and of its new field of text."""
    from portal.accounts.models import Organisation
    from portal.contacts.models import ContactField, FieldKind

    owner = Organisation.objects.get(name=organisation)
    made = ContactField.objects.create(organisation=owner, name=name, kind=FieldKind.TEXT)
    return owner.pk, made.pk


def contacts_count(organisation: str) -> int:
    from portal.contacts.models import Contact

    return Contact.objects.filter(organisation__name=organisation).count()


def group_add(organisation: str, count: int) -> int:
    """The id of a new group of so many people, each with a number and a given name."""
    from portal.accounts.models import Organisation
    from portal.contacts.models import Contact, Group, Membership
    from tests.benchmarks.people import people_made

    owner = Organisation.objects.get(name=organisation)
    known = Contact.objects.filter(organisation=owner).count()
    # Some have no number or no given name.
    people_made(owner, count + count // 10, first=known)
    made = Contact.objects.filter(organisation=owner).exclude(phone="").exclude(given_name="")
    ids = made.order_by("-pk").values_list("pk", flat=True)[:count]
    group = Group.objects.create(organisation=owner, name=f"{count} people from {known}")
    Membership.objects.bulk_create(
        (Membership(group=group, contact_id=pk) for pk in ids), batch_size=10_000
    )
    return group.pk


def mailing_floor_seconds(group_id: int) -> float:
    from portal.contacts.models import Group
    from tests.benchmarks.mailing import floor_seconds

    return floor_seconds(Group.objects.get(pk=group_id))


def _account(organisation: str) -> "GatewayAccount":
    from portal.delivery.models import GatewayAccount

    return GatewayAccount.objects.get(organisation__name=organisation)


ORDERS: dict[str, Order] = {
    order.__name__: order
    for order in (
        command,
        pause,
        resume,
        submit_timed,
        submit_own_texts,
        bulk_create_seconds,
        field_add,
        contacts_count,
        group_add,
        mailing_floor_seconds,
    )
}


def _answer(line: str) -> tuple[bool, object]:
    name, *arguments = json.loads(line)
    try:
        return True, ORDERS[name](*arguments)
    except Exception as error:
        # Whoever asked is told, and goes on or not.
        return False, f"{type(error).__name__}: {error}"


def _main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    for line in sys.stdin:
        print(json.dumps(_answer(line)), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    _main()
