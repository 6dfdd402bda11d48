"""Mail to people of an organisation about what waits for them."""

import logging
from smtplib import SMTPDataError, SMTPRecipientsRefused

from django.core.mail import send_mail
from django.db.models import QuerySet

from portal.accounts.models import User
from portal.accounts.rights import Role

log = logging.getLogger(__name__)


def managers_of(organisation_id: int) -> QuerySet[User]:
    return User.objects.filter(organisation=organisation_id, role=Role.MANAGER, is_active=True)


def mail(subject: str, body: str, people: QuerySet[User]) -> bool:
    """Whether it left; False too where there is nobody to tell. Raises OSError where the mail
    server fails altogether."""
    addresses = list(people.values_list("email", flat=True))
    try:
        return bool(send_mail(subject, body, None, addresses))
    except (SMTPRecipientsRefused, SMTPDataError) as refusal:
        log.warning("a notice was refused: %s", type(refusal).__name__)
        return False
