"""Mailings that have been prepared, as a worker leaves them."""

from typing import Any
from uuid import uuid4

from django.utils import timezone

from portal.accounts.models import User
from portal.messaging.approvals.reasons import Reason, Rule
from portal.messaging.approvals.services import approval_request
from portal.messaging.models import Mailing, PreparedRecipient, Stage

SNAPSHOT = "1" * 64


def prepared_mailing(author: User, *phones: str, **fields: Any) -> Mailing:
    """To ``phones``, all with the text of the mailing."""
    phones = phones or ("79210000000",)
    values: dict[str, Any] = {
        "stage": Stage.PREPARED,
        "form_key": uuid4().hex,
        "sender_value": "ACME",
        "text": "Привет!",
        "prepared_at": timezone.now(),
        "snapshot_hash": SNAPSHOT,
        "reached": len(phones),
        "segments_in_all": len(phones),
        "most_segments": 1,
        **fields,
    }
    assert author.organisation is not None, "authors are members"
    values.setdefault("cost", author.organisation.price_per_segment * values["segments_in_all"])
    mailing = Mailing.objects.create(organisation=author.organisation, author=author, **values)
    PreparedRecipient.objects.bulk_create(
        PreparedRecipient(mailing=mailing, position=at, phone=phone, segments=1, units=7)
        for at, phone in enumerate(phones, 1)
    )
    return mailing


def in_approval(author: User, *phones: str, **fields: Any) -> Mailing:
    """A mailing whose author has asked for another person's word."""
    mailing = prepared_mailing(author, *phones, stage=Stage.IN_APPROVAL, **fields)
    approval_request(mailing=mailing, reasons=[Reason(Rule.MANY_RECIPIENTS, "0")], actor=author)
    return mailing
