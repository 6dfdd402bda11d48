"""Mailings on their way to becoming messages, and what they are made of."""

from portal.messaging.models.approval import ApprovalRequest, ApprovalRules, Decision
from portal.messaging.models.gathered import GatheredPerson
from portal.messaging.models.mailing import (
    IN_WORK,
    OVER,
    UNSEEN,
    Mailing,
    MailingQuerySet,
    Stage,
    Wave,
)
from portal.messaging.models.own_number import OwnNumber
from portal.messaging.models.prepared import LeftOut, PreparedRecipient
from portal.messaging.models.sheet import Sheet, SheetPart
from portal.messaging.models.template import Template

__all__ = [
    "IN_WORK",
    "OVER",
    "UNSEEN",
    "ApprovalRequest",
    "ApprovalRules",
    "Decision",
    "GatheredPerson",
    "LeftOut",
    "Mailing",
    "MailingQuerySet",
    "OwnNumber",
    "PreparedRecipient",
    "Sheet",
    "SheetPart",
    "Stage",
    "Template",
    "Wave",
]
