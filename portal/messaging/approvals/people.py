"""Whom something is about to be sent to, as the rules of approval ask about them."""

from dataclasses import dataclass
from itertools import islice

from portal.contacts.models import ContactQuerySet
from portal.messaging.audience import Audience
from portal.messaging.models import Mailing, PreparedRecipient

_PART = 5_000


@dataclass(frozen=True)
class PreparedPeople:
    """Those whom a prepared mailing goes to."""

    mailing: Mailing

    def any_among(self, contacts: ContactQuerySet) -> bool:
        reached = PreparedRecipient.objects.filter(mailing=self.mailing, left_out="")
        return contacts.filter(phone__in=reached.values("phone")).exists()


@dataclass(frozen=True)
class AudiencePeople:
    """Those whom an audience reaches."""

    audience: Audience

    def any_among(self, contacts: ContactQuerySet) -> bool:
        phones = self.audience.phones()
        while part := list(islice(phones, _PART)):
            if contacts.filter(phone__in=part).exists():
                return True
        return False
