"""Which of an organisation's rules want another person's word before something is sent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from django.db.models import Q
from django.utils import timezone

from portal.accounts.models import Organisation, User
from portal.contacts.models import SHARED, Contact, ContactQuerySet, Import
from portal.delivery.models import Message
from portal.messaging.models import ApprovalRules
from portal.messaging.plans.windows import is_within


class Rule(StrEnum):
    MANY_RECIPIENTS = "many_recipients"
    COSTLY = "costly"
    FIRST_USE = "first_use"
    OUTSIDE_HOURS = "outside_hours"
    FRESH_IMPORT = "fresh_import"


@dataclass(frozen=True)
class Reason:
    """A rule that wants approval, and its bound then: a number, an amount, ``21:00-08:00``
    on the organisation's clocks, days; "" where a rule has none."""

    rule: Rule
    bound: str = ""

    def as_dict(self) -> dict[str, str]:
        return {"rule": str(self.rule), "bound": self.bound}

    @classmethod
    def from_dict(cls, kept: dict[str, str]) -> "Reason":
        return cls(Rule(kept["rule"]), kept["bound"])


class People(Protocol):
    """Whom something is about to be sent to."""

    def any_among(self, contacts: ContactQuerySet) -> bool:
        """Whether anybody of them has the number of one of ``contacts``."""


@dataclass(frozen=True)
class Facts:
    """What is about to be sent. ``recipients`` and ``cost`` (in the organisation's currency) of
    those who get it; ``leaves_at``: aware, when its parts are to leave, none for at once.
    ``file_uploaded_at``: when the file came whose rows they are, None where they come from none.
    """

    sender_value: str
    recipients: int
    cost: Decimal
    people: People
    leaves_at: Collection[datetime] = ()
    file_uploaded_at: datetime | None = None


@dataclass(frozen=True)
class Approved:
    """What was approved before of a mailing that repeats: the rules that asked, how many it may go
    to and what it may cost, and since when."""

    rules: frozenset[Rule]
    recipients: int
    cost: Decimal
    at: datetime


def approval_reasons(
    *, organisation: Organisation, author: User, facts: Facts, approved: Approved | None = None
) -> tuple[Reason, ...]:
    """The rules that want approval, none where it may be sent without.

    ``approved``: of a mailing that repeats, what was approved already. One query where the
    organisation has no rules; the costlier questions are asked of rules that are set alone.
    """
    rules = ApprovalRules.objects.filter(organisation=organisation).first()
    if rules is None:
        return ()
    wanting = _Wanting(organisation, author, facts, approved, rules)
    asked = (
        wanting.many_recipients(),
        wanting.costly(),
        wanting.first_use(),
        wanting.outside_hours(),
        wanting.fresh_import(),
    )
    return tuple(reason for reason in asked if reason)


@dataclass(frozen=True)
class _Wanting:
    """Each rule's own answer."""

    organisation: Organisation
    author: User
    facts: Facts
    approved: Approved | None
    rules: ApprovalRules

    def many_recipients(self) -> Reason | None:
        most, approved = self.rules.above_recipients, self._approved(Rule.MANY_RECIPIENTS)
        if most is None or self.facts.recipients <= most:
            return None
        if approved and self.facts.recipients <= approved.recipients:
            return None
        return Reason(Rule.MANY_RECIPIENTS, str(most))

    def costly(self) -> Reason | None:
        most, approved = self.rules.above_cost, self._approved(Rule.COSTLY)
        if most is None or self.facts.cost <= most:
            return None
        if approved and self.facts.cost <= approved.cost:
            return None
        return Reason(Rule.COSTLY, str(most))

    def first_use(self) -> Reason | None:
        if not self.rules.on_first_use or self._approved(Rule.FIRST_USE):
            return None
        return None if self._was_used() else Reason(Rule.FIRST_USE)

    def _was_used(self) -> bool:
        sent = Message.objects.filter(
            sender_name__organisation=self.organisation, sender_name__value=self.facts.sender_value
        )
        return sent.exists()

    def outside_hours(self) -> Reason | None:
        begin, end = self.rules.outside_from, self.rules.outside_until
        if begin is None or end is None or self._approved(Rule.OUTSIDE_HOURS):
            return None
        zone = self.organisation.zone
        moments = self.facts.leaves_at or (timezone.now(),)
        if not any(is_within(moment.astimezone(zone).time(), begin, end) for moment in moments):
            return None
        return Reason(Rule.OUTSIDE_HOURS, f"{begin:%H:%M}-{end:%H:%M}")

    def fresh_import(self) -> Reason | None:
        """People who came from a file after something was approved are new to it."""
        days = self.rules.fresh_import_days
        if days is None:
            return None
        since = timezone.now() - timedelta(days=days)
        if approved := self._approved(Rule.FRESH_IMPORT):
            since = max(since, approved.at)
        uploaded = self.facts.file_uploaded_at
        if (uploaded and uploaded >= since) or self._imported_since(since):
            return Reason(Rule.FRESH_IMPORT, str(days))
        return None

    def _imported_since(self, since: datetime) -> bool:
        """Mostly there was no import, and nobody to compare with."""
        imports = Import.objects.filter(organisation=self.organisation)
        recent = imports.filter(Q(ended_at=None) | Q(ended_at__gte=since))
        ids = list(recent.values_list("pk", flat=True))
        shelves = (SHARED, self.author.pk)
        fresh = Contact.objects.on_shelves(self.organisation, shelves).filter(imported_by__in=ids)
        return bool(ids) and fresh.exists() and self.facts.people.any_among(fresh)

    def _approved(self, rule: Rule) -> Approved | None:
        """What was approved, where this rule was among those that asked."""
        return self.approved if self.approved and rule in self.approved.rules else None
