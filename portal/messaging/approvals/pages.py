"""What an approver sees."""

from dataclasses import dataclass
from functools import cached_property

from portal.accounts.models import User
from portal.messaging.approvals.reasons import Reason
from portal.messaging.approvals.selectors import may_approve, open_request
from portal.messaging.approvals.words import explain_reason
from portal.messaging.live import Money, price
from portal.messaging.mailings.preview import PeoplePage, parts_of, people_page
from portal.messaging.mailings.reach import PreparedReach
from portal.messaging.models import ApprovalRequest, Mailing
from portal.messaging.plans.words import when_words


@dataclass(frozen=True)
class ApprovalPage:
    """A mailing that waits for somebody's word, for ``member`` to judge."""

    mailing: Mailing
    member: User

    @cached_property
    def request(self) -> ApprovalRequest | None:
        return open_request(self.mailing)

    @property
    def may_decide(self) -> bool:
        return may_approve(self.member, self.mailing)

    @property
    def reasons(self) -> list[str]:
        currency = self.mailing.organisation.currency
        kept = self.request.reasons if self.request else []
        return [explain_reason(Reason.from_dict(one), currency=currency) for one in kept]

    @property
    def reach(self) -> PreparedReach:
        return PreparedReach.from_dict(self.mailing.reach)

    @property
    def when(self) -> str:
        return when_words(self.mailing)

    @property
    def money(self) -> Money | None:
        return price(self.mailing.organisation, self.mailing.segments_in_all)

    @cached_property
    def people(self) -> PeoplePage:
        return people_page(self.mailing)

    @property
    def parts(self) -> list[tuple[str, str, int]]:
        return parts_of(self.mailing)
