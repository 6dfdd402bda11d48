"""Money of prepaid organisations. Amounts are in the organisation's currency.

Organisations on the unlimited plan keep no ledger: nothing is set aside for their envelopes.
What was set aside is captured or released whatever the plan is by then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.billing.models import Kind, LedgerEntry
from portal.core.errors import Conflict, Refused
from portal.core.money import money


@dataclass(frozen=True)
class Balance:
    """``available`` may be spent now; ``reserved`` waits for the operator's answers."""

    available: Decimal
    reserved: Decimal


@dataclass(frozen=True)
class Held:
    """Money set aside for one envelope when it was made, and where it belongs."""

    organisation_id: int
    message_id: int
    envelope_id: int
    amount: Decimal


class NotEnoughMoney(Refused):
    """The balance does not cover the message."""

    def __init__(self, *, cost: Decimal, available: Decimal, currency: str) -> None:
        super().__init__(
            _(
                "The message costs %(cost)s, the balance is %(available)s. Nothing was sent. "
                "Ask the administrator to top up the balance."
            )
            % {"cost": money(cost, currency), "available": money(available, currency)}
        )


def balance(organisation: Organisation) -> Balance:
    """What the organisation has; zeros where it never topped up."""
    sums = LedgerEntry.objects.filter(organisation=organisation).aggregate(
        available=Sum("amount"), reserved=Sum("reserved")
    )
    return Balance(sums["available"] or Decimal(0), sums["reserved"] or Decimal(0))


@transaction.atomic
def top_up(
    *,
    organisation: Organisation,
    amount: Decimal,
    actor: User,
    note: str = "",
    key: str | None = None,
) -> LedgerEntry:
    """Add money; the same top-up under the same ``key`` again adds nothing and is the same entry.

    Raises ``Refused`` unless the actor is an administrator and the amount is positive with at
    most two decimal places, ``Conflict`` where the key names another top-up.
    """
    _refuse_unless_addable(amount, actor)
    entry = LedgerEntry(
        organisation=organisation,
        kind=Kind.TOP_UP,
        amount=amount,
        note=note,
        key=key,
        actor_label=actor.email,
    )
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError:
        if key is None:
            raise
        return _known_top_up(entry)
    event_record(
        action=Action.TOPPED_UP,
        actor=actor,
        organisation_id=organisation.pk,
        obj=organisation,
        details={"amount": str(amount)},
    )
    return entry


def _refuse_unless_addable(amount: Decimal, actor: User) -> None:
    if not actor.is_staff or not actor.is_active:
        raise Refused(_("Only an administrator tops up a balance."))
    if amount.is_finite() and amount >= Decimal(10) ** 10:
        raise Refused(_("The amount is too large."), field="amount")
    if not amount.is_finite() or amount <= 0 or amount != round(amount, 2):
        raise Refused(_("Write a positive amount with at most two decimal places."), field="amount")


def _known_top_up(entry: LedgerEntry) -> LedgerEntry:
    """The entry that took the key of ``entry`` before it. Raises ``Conflict``."""
    known = LedgerEntry.objects.get(key=entry.key)
    if (known.organisation_id, known.amount) != (entry.organisation_id, entry.amount):
        raise Conflict(
            _(
                "This top-up was already made with another amount or for another organisation. "
                "Open a new form to add more."
            )
        )
    return known


def reserve(*, organisation: Organisation, message_id: int, cost: Decimal, actor: User) -> Decimal:
    """Set money aside inside the caller's transaction, for envelopes of a message about to be
    made. Returns what was: ``cost``, or 0 on the unlimited plan.

    The organisation's row is locked, so that two submits never spend the same money.
    Raises ``NotEnoughMoney``.
    """
    locked = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if not locked.is_prepaid or not cost:
        return Decimal(0)
    available = balance(locked).available
    if cost > available:
        raise NotEnoughMoney(cost=cost, available=available, currency=locked.currency)
    LedgerEntry.objects.create(
        organisation=locked,
        kind=Kind.RESERVATION,
        amount=-cost,
        reserved=cost,
        message_id=message_id,
        actor_label=actor.email,
    )
    return cost


def capture(held: Iterable[Held]) -> None:
    """The operator took these envelopes: their money is spent."""
    _settle(held, Kind.CAPTURE)


def release(held: Iterable[Held]) -> None:
    """These envelopes will not be sent: their money may be spent again."""
    _settle(held, Kind.RELEASE)


def _settle(held: Iterable[Held], kind: Kind) -> None:
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            organisation_id=envelope.organisation_id,
            kind=kind,
            amount=envelope.amount if kind == Kind.RELEASE else Decimal(0),
            reserved=-envelope.amount,
            message_id=envelope.message_id,
            envelope_id=envelope.envelope_id,
            actor_label="system",
        )
        for envelope in held
        if envelope.amount
    )
