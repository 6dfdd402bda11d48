"""Mailings and waiting messages as the lists show them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.messaging.approvals.selectors import may_approve
from portal.messaging.mailings.words import failure_words
from portal.messaging.models import Mailing, Stage
from portal.messaging.plans.words import GroupNames, group_names, when_words, whom_words

_GOOD, _WAIT, _BAD, _QUIET = "good", "wait", "bad", "quiet"
_TONES: Mapping[str, str] = {
    Stage.PREPARED: _WAIT,
    Stage.IN_APPROVAL: _WAIT,
    Stage.PLANNED: _GOOD,
    Stage.REPEATING: _GOOD,
    Stage.HELD: _BAD,
    Stage.EXPIRED: _BAD,
}


@dataclass(frozen=True)
class MailingRow:
    """``tone``: the end of a CSS class."""

    mailing: Mailing
    member: User
    names: GroupNames

    @property
    def when(self) -> str:
        return when_words(self.mailing)

    @property
    def whom(self) -> str:
        return whom_words(self.mailing, self.names)

    @property
    def tone(self) -> str:
        return _TONES.get(self.mailing.stage, _QUIET)

    @property
    def failure(self) -> str:
        return failure_words(self.mailing.failure)

    @property
    def is_draft(self) -> bool:
        return self.mailing.stage == Stage.DRAFT

    @property
    def may_approve(self) -> bool:
        is_asked = self.mailing.stage == Stage.IN_APPROVAL
        return is_asked and may_approve(self.member, self.mailing)

    @property
    def may_edit(self) -> bool:
        is_own = self.mailing.author_id == self.member.pk
        return self._has_not_left and is_own and self.member.may(Right.SEND)

    @property
    def may_cancel(self) -> bool:
        decides = self.member.may(Right.DECIDE_FOR_OTHERS)
        return self.may_edit or (self._has_not_left and decides)

    @property
    def _has_not_left(self) -> bool:
        return not self.mailing.is_over and self.mailing.stage != Stage.SUBMITTING


def rows_of(mailings: Collection[Mailing], member: User) -> list[MailingRow]:
    names = group_names(mailings, member)
    return [MailingRow(mailing, member, names) for mailing in mailings]
