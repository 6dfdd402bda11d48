"""Who may approve what, what waits for whom, and what was approved."""

from decimal import Decimal

from django.db.models import F, Max, Q, QuerySet

from portal.accounts.models import Organisation, User
from portal.accounts.rights import RIGHTS, Right
from portal.messaging.approvals.reasons import Approved, Reason
from portal.messaging.models import ApprovalRequest, Decision, Mailing, Stage

_APPROVING_ROLES = [role for role, rights in RIGHTS.items() if Right.APPROVE in rights]
_SENDING_ROLES = [role for role, rights in RIGHTS.items() if Right.SEND in rights]


def approvers_of(organisation_id: int, *, besides: int) -> QuerySet[User]:
    """Active members who may approve what the user with the id ``besides`` wrote."""
    members = User.objects.filter(organisation=organisation_id, is_active=True)
    return members.filter(role__in=_APPROVING_ROLES).exclude(pk=besides)


def may_approve(member: User, mailing: Mailing) -> bool:
    """Whether the member's word counts for this mailing: nobody approves their own."""
    is_colleague = member.organisation_id == mailing.organisation_id
    return is_colleague and member.may(Right.APPROVE) and member.pk != mailing.author_id


def waiting_for(member: User) -> QuerySet[Mailing]:
    """Mailings that wait for a word which the member may give."""
    if not member.may(Right.APPROVE):
        return Mailing.objects.none()
    waiting = Mailing.objects.filter(organisation=member.organisation_id, stage=Stage.IN_APPROVAL)
    return waiting.exclude(author=member)


def senders_without_approver(organisation: Organisation) -> list[User]:
    """Active members who may send, while nobody else could approve what they write."""
    approvers = set(approvers_of(organisation.pk, besides=0).values_list("pk", flat=True)[:2])
    if len(approvers) > 1:
        return []
    members = User.objects.filter(
        organisation=organisation, is_active=True, role__in=_SENDING_ROLES
    )
    return list(members.filter(pk__in=approvers) if approvers else members)


def open_request(mailing: Mailing) -> ApprovalRequest | None:
    """What is asked about the mailing now."""
    return ApprovalRequest.objects.filter(mailing=mailing, decision="").first()


def last_decision(mailing: Mailing) -> ApprovalRequest | None:
    """The newest answer of an approver."""
    decided = ApprovalRequest.objects.filter(
        mailing=mailing, decision__in=[Decision.APPROVED, Decision.RETURNED]
    )
    return decided.select_related("decided_by").order_by("-pk").first()


def is_approved(mailing: Mailing) -> bool:
    """Whether an approver's word holds for the mailing as it stands prepared."""
    approved = ApprovalRequest.objects.filter(
        mailing=mailing, decision=Decision.APPROVED, snapshot_hash=mailing.snapshot_hash
    )
    # What was asked before it was prepared anew was about something else.
    return bool(mailing.prepared_at) and approved.filter(asked_at__gte=mailing.prepared_at).exists()


def approved_before(series: Mailing) -> Approved | None:
    """What was approved of a mailing that repeats since it was last prepared itself: on its own
    page, or of one time it left."""
    if series.prepared_at is None:
        return None
    approved = ApprovalRequest.objects.filter(
        Q(mailing=series) | Q(mailing__series=series),
        decision=Decision.APPROVED,
        asked_at__gte=series.prepared_at,
        # Prepared anew since, it would answer for figures that nobody saw.
        snapshot_hash=F("mailing__snapshot_hash"),
    )
    kept = list(approved.values_list("reasons", flat=True))
    if not kept:
        return None
    most = approved.aggregate(
        recipients=Max("mailing__reached"), cost=Max("mailing__cost"), at=Max("decided_at")
    )
    rules = (Reason.from_dict(reason).rule for reasons in kept for reason in reasons)
    return Approved(frozenset(rules), most["recipients"], Decimal(most["cost"]), most["at"])
