"""Whether a queued message may still be sent; asked anew at every claim."""

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.delivery.models import HeldBecause, Message
from portal.senders.models import SenderName


def reason_to_hold(message: Message, person: User) -> HeldBecause | None:
    """None where ``person`` may send the message now, under the sender name that it will bear.

    A name asked for again in other capitals is another one to the operator.
    """
    if not _may_send(person, message):
        return HeldBecause.AUTHOR_DISABLED
    usable = SenderName.objects.usable_by(person)
    if not usable.filter(pk=message.sender_name_id, value=message.sender_value).exists():
        return HeldBecause.SENDER_NOT_APPROVED
    return None


def _may_send(person: User, message: Message) -> bool:
    return person.organisation_id == message.organisation_id and person.may(Right.SEND)
