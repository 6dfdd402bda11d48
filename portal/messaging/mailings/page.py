"""What the page of one mailing shows, by its stage."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.template.defaultfilters import date as shown_date
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.billing.services import balance
from portal.delivery.models import GatewayAccount
from portal.delivery.trouble import Trouble, trouble_of
from portal.messaging.approvals.doors import reasons_for
from portal.messaging.approvals.reasons import Reason
from portal.messaging.approvals.selectors import (
    is_approved,
    last_decision,
    may_approve,
    open_request,
)
from portal.messaging.approvals.words import explain_reason
from portal.messaging.live import Money
from portal.messaging.mailings.course import lacks_a_decision
from portal.messaging.mailings.preview import PeoplePage, parts_of, people_page
from portal.messaging.mailings.reach import PreparedReach
from portal.messaging.mailings.services import EDITABLE, may_decide
from portal.messaging.mailings.texts import plain_text
from portal.messaging.mailings.waves import PlannedWave, waves_of
from portal.messaging.mailings.words import failure_words
from portal.messaging.models import IN_WORK, ApprovalRequest, Decision, LeftOut, Mailing, Stage
from portal.messaging.plans.words import group_names, when_words, whom_words
from portal.messaging.same_text import SameText, same_text_lately

# Of those who lack a value: which placeholders, is asked of so many.
MOST_ASKED = 10_000
GOOD, WAIT, BAD, QUIET = "good", "wait", "bad", "quiet"
TONES: Mapping[str, str] = {
    Stage.PREPARED: WAIT,
    Stage.IN_APPROVAL: WAIT,
    Stage.PLANNED: GOOD,
    Stage.REPEATING: GOOD,
    Stage.SENT: GOOD,
    Stage.HELD: BAD,
    Stage.EXPIRED: BAD,
}


@dataclass(frozen=True)
class MailingPage:
    """Reads the database as its parts are asked for, each once."""

    mailing: Mailing
    member: User

    @property
    def tone(self) -> str:
        return TONES.get(self.mailing.stage, QUIET)

    @property
    def is_own(self) -> bool:
        return self.mailing.author_id == self.member.pk

    @property
    def is_in_work(self) -> bool:
        return self.mailing.stage in IN_WORK

    @property
    def percent(self) -> int | None:
        """Of the people prepared; None until they are counted."""
        total = self.mailing.total
        if self.mailing.stage != Stage.PREPARING or not total:
            return None
        return min(100, 100 * self.mailing.position // total)

    @property
    def failure(self) -> str:
        return failure_words(self.mailing.failure)

    @property
    def is_prepared(self) -> bool:
        """Whether its people and their texts stand fixed."""
        return bool(self.mailing.snapshot_hash)

    @property
    def reach(self) -> PreparedReach:
        return PreparedReach.from_dict(self.mailing.reach)

    @cached_property
    def parts(self) -> list[tuple[str, str, int]]:
        return parts_of(self.mailing)

    @cached_property
    def people(self) -> PeoplePage:
        return people_page(self.mailing)

    @cached_property
    def money(self) -> Money | None:
        """None where sending costs nothing."""
        organisation = self.mailing.organisation
        if not self.mailing.cost:
            return None
        return Money(
            cost=self.mailing.cost,
            currency=organisation.currency,
            available=balance(organisation).available if organisation.is_prepaid else None,
        )

    @cached_property
    def lacking(self) -> list[tuple[str, int]]:
        """Placeholders that some have no value for, with how many, of the first ``MOST_ASKED``."""
        lacking = self.mailing.prepared.filter(left_out=LeftOut.LACKS_VALUE).order_by("position")
        found = lacking.values_list("lacks", flat=True)[:MOST_ASKED]
        return Counter(name for lacks in found for name in lacks.split("\n")).most_common()

    @property
    def text(self) -> str:
        """As it is sent; where it is personalised, as it was written."""
        is_plain = self.mailing.snapshot_hash and not self.mailing.is_personalised
        return plain_text(self.mailing) if is_plain else self.mailing.text

    @property
    def when(self) -> str:
        return when_words(self.mailing)

    @property
    def whom(self) -> str:
        return whom_words(self.mailing, group_names([self.mailing], self.member))

    @cached_property
    def waves(self) -> list[PlannedWave]:
        """In what parts it leaves, where it does not leave all at once."""
        mailing = self.mailing
        if mailing.stage == Stage.SENT or not (mailing.canary_size or mailing.window_from):
            return []
        return waves_of(mailing, now=timezone.now())

    @cached_property
    def trouble(self) -> Trouble | None:
        """Why it would wait in the queue."""
        account = GatewayAccount.objects.filter(organisation=self.mailing.organisation_id).first()
        return trouble_of(account, now=timezone.now()) if account else None

    @cached_property
    def same_text(self) -> SameText | None:
        prepared = self.mailing.prepared.filter(left_out="").order_by("position")
        return same_text_lately(
            organisation_id=self.mailing.organisation_id,
            text=self.text,
            phones=prepared.values_list("phone", flat=True).iterator(chunk_size=1000),
            now=timezone.now(),
        )

    @cached_property
    def request(self) -> ApprovalRequest | None:
        """What is asked of approvers now."""
        return open_request(self.mailing) if self.mailing.stage == Stage.IN_APPROVAL else None

    @cached_property
    def returned(self) -> ApprovalRequest | None:
        """The word that an approver gave it back with, while its author is at it again."""
        decision = last_decision(self.mailing)
        is_open = self.mailing.stage in (Stage.DRAFT, Stage.PREPARED)
        return decision if decision and is_open and decision.decision == Decision.RETURNED else None

    @property
    def lacks_a_decision(self) -> bool:
        """Whether its author has to say what becomes of those without a value."""
        return self.mailing.stage == Stage.PREPARED and lacks_a_decision(self.mailing)

    @property
    def may_confirm(self) -> bool:
        is_open = self.mailing.stage == Stage.PREPARED and self.is_own
        return is_open and self.member.may(Right.SEND) and not self.lacks_a_decision

    @property
    def may_edit(self) -> bool:
        return self.is_own and self.member.may(Right.SEND) and self.mailing.stage in EDITABLE

    @property
    def may_cancel(self) -> bool:
        return self.mailing.stage in EDITABLE and may_decide(self.mailing, self.member)

    @property
    def may_release(self) -> bool:
        return self.mailing.stage == Stage.HELD and may_decide(self.mailing, self.member)

    @property
    def may_approve(self) -> bool:
        return self.mailing.stage == Stage.IN_APPROVAL and may_approve(self.member, self.mailing)

    @property
    def reasons(self) -> list[str]:
        """Why another person's word is wanted, in words: asked already, or once it is confirmed."""
        currency = self.mailing.organisation.currency
        return [explain_reason(reason, currency=currency) for reason in self._reasons]

    @cached_property
    def _reasons(self) -> Sequence[Reason]:
        if self.request:
            return [Reason.from_dict(kept) for kept in self.request.reasons]
        if self.mailing.stage != Stage.PREPARED or is_approved(self.mailing):
            return ()
        waves = waves_of(self.mailing, now=timezone.now())
        return reasons_for(self.mailing, leaves_at=[wave.leaves_at for wave in waves])

    @property
    def button(self) -> str:
        """What confirming does, in words."""
        mailing = self.mailing
        if self.reasons:
            return _("Ask for approval")
        if mailing.repeats:
            return _("Start repeating")
        if mailing.due_at and mailing.due_at > timezone.now():
            return _("Plan for %(moment)s") % {"moment": _moment(mailing.due_at)}
        if self.waves and self.waves[0].is_canary:
            first = self.waves[0].count
            words = ngettext(
                "Send to the first %(count)s recipient",
                "Send to the first %(count)s recipients",
                first,
            )
            return _counted(words, first)
        words = ngettext(
            "Send to %(count)s recipient", "Send to %(count)s recipients", mailing.reached
        )
        return _counted(words, mailing.reached)


def _counted(words: str, count: int) -> str:
    return words % {"count": number_format(count, force_grouping=True)}


def _moment(moment: datetime) -> str:
    return str(shown_date(timezone.localtime(moment), "SHORT_DATETIME_FORMAT"))
