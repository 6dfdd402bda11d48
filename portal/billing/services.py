"""Money of prepaid organisations. Amounts are in the organisation's currency.

Organisations on the unlimited plan keep no ledger: nothing is set aside for their envelopes.
What was set aside is captured or released whatever the plan is by then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.billing.models import Kind, LedgerEntry, LedgerSum
from portal.core.errors import Conflict, Refused
from portal.core.money import money
from portal.core.prepared import rows

_SETTLE = """
    INSERT INTO billing_ledgerentry
           (organisation_id, kind, amount, reserved, message_id, envelope_id, recipients_left,
            note, actor_label, at)
    SELECT organisation_id, %(kind)s, CASE WHEN %(is_release)s THEN money ELSE 0 END, -money,
           message_id, envelope_id, recipients_left, '', 'system', %(at)s
      FROM unnest(%(organisations)s::bigint[], %(messages)s::bigint[], %(envelopes)s::bigint[],
                  %(left)s::int[], %(amounts)s::numeric[])
        AS settled (organisation_id, message_id, envelope_id, recipients_left, money)
"""

_ASTRAY = """
    SELECT organisation_id
      FROM (SELECT organisation_id, amount AS available, reserved
              FROM billing_ledgerentry
             UNION ALL
            SELECT organisation_id, -available, -reserved
              FROM billing_ledgersum) AS differences
     GROUP BY organisation_id
    HAVING sum(available) <> 0 OR sum(reserved) <> 0
     ORDER BY organisation_id
"""


@dataclass(frozen=True)
class Balance:
    """``available`` may be spent now; ``reserved`` waits for the operator's answers."""

    available: Decimal
    reserved: Decimal


@dataclass(frozen=True)
class Reserved:
    """Money set aside for one envelope when it was made, and where it belongs; or the part of it
    for recipients who were taken out, with how many are ``recipients_left``."""

    organisation_id: int
    message_id: int
    envelope_id: int
    amount: Decimal
    recipients_left: int | None = None


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
    """What the organisation has; zeros where it never topped up.

    Costs the same however long the ledger is.
    """
    sums = LedgerSum.objects.filter(organisation=organisation).aggregate(
        available=Sum("available"), reserved=Sum("reserved")
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


def sums_verify() -> list[int]:
    """Ids of organisations whose kept sums are not what their ledger adds up to; reads it all."""
    return [organisation_id for (organisation_id,) in rows(_ASTRAY, {})]


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


def refuse_unless_covered(organisation: Organisation, cost: Decimal) -> None:
    """Raises ``NotEnoughMoney``, so that a big message is refused before its rows are written.

    ``reserve`` asks again under the lock.
    """
    if organisation.is_prepaid and cost > (available := balance(organisation).available):
        raise NotEnoughMoney(cost=cost, available=available, currency=organisation.currency)


def reserve(*, organisation: Organisation, message_id: int, cost: Decimal, actor: User) -> Decimal:
    """Set money aside inside the caller's transaction, for envelopes of a message that it makes.
    Returns what was: ``cost``, or 0 on the unlimited plan.

    The organisation's row stays locked until the transaction ends, so that two submits never
    spend the same money: reserve late, commit soon. Raises ``NotEnoughMoney``.
    """
    locked = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if not locked.is_prepaid or not cost:
        return Decimal(0)
    refuse_unless_covered(locked, cost)
    LedgerEntry.objects.create(
        organisation=locked,
        kind=Kind.RESERVATION,
        amount=-cost,
        reserved=cost,
        message_id=message_id,
        actor_label=actor.email,
    )
    return cost


def capture(reserved: Iterable[Reserved]) -> None:
    """The operator took these envelopes: their money is spent."""
    _settle(reserved, Kind.CAPTURE)


def release(reserved: Iterable[Reserved]) -> None:
    """These envelopes will not be sent: their money may be spent again."""
    _settle(reserved, Kind.RELEASE)


def _settle(reserved: Iterable[Reserved], kind: Kind) -> None:
    moved = [envelope for envelope in reserved if envelope.amount]
    if not moved:
        return
    rows(
        _SETTLE,
        {
            "kind": kind.value,
            "is_release": kind == Kind.RELEASE,
            "at": timezone.now(),
            "organisations": [envelope.organisation_id for envelope in moved],
            "messages": [envelope.message_id for envelope in moved],
            "envelopes": [envelope.envelope_id for envelope in moved],
            "left": [envelope.recipients_left for envelope in moved],
            "amounts": [envelope.amount for envelope in moved],
        },
    )
