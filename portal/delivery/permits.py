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


class Permits:
    """The same question for many messages: those of one person under one name are one question."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, str], HeldBecause | None] = {}

    def reason_to_hold(self, message: Message) -> HeldBecause | None:
        person = message.answerable
        question = (person.pk, message.sender_name_id, message.sender_value)
        if question not in self._known:
            self._known[question] = reason_to_hold(message, person)
        return self._known[question]


def _may_send(person: User, message: Message) -> bool:
    return person.organisation_id == message.organisation_id and person.may(Right.SEND)
