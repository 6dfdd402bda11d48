"""The same rules at every door: what goes out at once must need nobody's word."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.core.errors import Refused
from portal.messaging.approvals.people import AudiencePeople, PreparedPeople
from portal.messaging.approvals.reasons import Facts, Reason, approval_reasons
from portal.messaging.approvals.selectors import approved_before
from portal.messaging.approvals.words import explain_reasons
from portal.messaging.audience import Audience
from portal.messaging.models import Mailing


class ApprovalWanted(Refused):
    """It may be sent as a mailing that another person approves; ``reasons``: the rules that ask."""

    def __init__(self, reasons: Sequence[Reason], *, currency: str) -> None:
        super().__init__(
            _(
                "Your organisation wants another person's approval for this, because %(reasons)s. "
                "Write it as a new message in the portal: it can be asked for there."
            )
            % {"reasons": explain_reasons(reasons, currency=currency)}
        )
        self.reasons = tuple(reasons)


def refuse_unless_free_to_go(
    *,
    author: User,
    sender_value: str,
    segments: int,
    audience: Audience,
    due_at: datetime | None,
) -> None:
    """Raises ``ApprovalWanted`` where a rule asks. ``segments``: in all, of everybody's SMS."""
    organisation = author.organisation
    assert organisation is not None, "who may send is a member"
    facts = Facts(
        sender_value=sender_value,
        recipients=len(audience),
        cost=Decimal(organisation.price_per_segment * segments),
        people=AudiencePeople(audience),
        leaves_at=[due_at] if due_at else (),
    )
    reasons = approval_reasons(organisation=organisation, author=author, facts=facts)
    if reasons:
        raise ApprovalWanted(reasons, currency=organisation.currency)


def reasons_for(mailing: Mailing, *, leaves_at: Collection[datetime]) -> tuple[Reason, ...]:
    """Which rules want another person's word for a prepared mailing whose parts leave at
    ``leaves_at``. Of a time of one that repeats, only what goes beyond what was approved before."""
    facts = Facts(
        sender_value=mailing.sender_value,
        recipients=mailing.reached,
        cost=mailing.cost,
        people=PreparedPeople(mailing),
        leaves_at=leaves_at,
        file_uploaded_at=mailing.sheet.created_at if mailing.sheet else None,
    )
    return approval_reasons(
        organisation=mailing.organisation,
        author=mailing.author,
        facts=facts,
        approved=approved_before(mailing.series) if mailing.series else None,
    )
