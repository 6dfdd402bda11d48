"""What is asked again before a mailing goes on: whether it may still be sent, and in time."""

from datetime import datetime, timedelta

from django.conf import settings

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.delivery.models import GatewayAccount
from portal.messaging.mailings.words import Failure
from portal.messaging.models import Mailing
from portal.senders.models import SenderName

# Workers that died over one mailing; after so many it is the mailing that kills them.
MOST_TAKEOVERS = 10


def answerable(mailing: Mailing) -> User:
    """Its author, or the manager who released it after it was held; as they are now."""
    return User.objects.select_related("organisation").get(
        pk=mailing.vouched_by_id or mailing.author_id
    )


def why_not(mailing: Mailing) -> Failure | None:
    """What stands in the way of sending it now, but for people, texts and money."""
    if mailing.takeovers > MOST_TAKEOVERS:
        return Failure.WORKERS_DIE
    return why_not_by(mailing, answerable(mailing))


def why_not_by(mailing: Mailing, person: User) -> Failure | None:
    """What stands in the way where ``person`` answers for it."""
    if person.organisation_id != mailing.organisation_id or not person.may(Right.SEND):
        return Failure.AUTHOR_DISABLED
    if not SenderName.objects.usable_by(person).filter(value=mailing.sender_value).exists():
        return Failure.SENDER_NOT_APPROVED
    if not GatewayAccount.objects.filter(organisation=mailing.organisation_id).exists():
        return Failure.NO_GATEWAY
    return None


def is_too_late(mailing: Mailing, *, now: datetime) -> bool:
    """Whether it must not leave any more: by its own "not after", or where it has none because it
    was planned for a time that is long past."""
    if mailing.expires_at:
        return mailing.expires_at <= now
    tolerance = timedelta(minutes=settings.MAILING_LATE_MINUTES)
    return mailing.due_at is not None and mailing.due_at + tolerance < now


def is_price_changed(mailing: Mailing) -> bool:
    """Since it was prepared."""
    return mailing.cost != mailing.organisation.price_per_segment * mailing.segments_in_all
