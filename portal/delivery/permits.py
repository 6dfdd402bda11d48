"""Whether a queued message may still be sent; asked anew at every claim."""

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.delivery.models import HeldBecause, Message
from portal.senders.models import SenderName


def reason_to_hold(message: Message) -> HeldBecause | None:
    """None where whoever answers for the message may send it under its sender name now."""
    person = message.vouched_by or message.author
    if not _may_send(person, message):
        return HeldBecause.AUTHOR_DISABLED
    if not SenderName.objects.usable_by(person).filter(pk=message.sender_name_id).exists():
        return HeldBecause.SENDER_NOT_APPROVED
    return None


def _may_send(person: User, message: Message) -> bool:
    return person.organisation_id == message.organisation_id and person.may(Right.SEND)
