"""What waits to leave, and who may send it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.delivery.belonging import texts_are_whole
from portal.delivery.models.gateway import GatewayAccount
from portal.delivery.models.message import Message


class HeldBecause(models.TextChoices):
    AUTHOR_DISABLED = "author_disabled", _("its author may no longer send")
    SENDER_NOT_APPROVED = "sender_not_approved", _("its sender name is no longer approved")
    AWAITS_CANARY = "awaits_canary", _("it waits for its trial part")
    CANARY_TROUBLE = "canary_trouble", _("its trial part was not accepted in full and in time")


# Its author may let it go as well as a manager.
HELD_FOR_CANARY = (HeldBecause.AWAITS_CANARY, HeldBecause.CANARY_TROUBLE)
# No person is waited for: what waits for its canary is to people like what waits for its time.
NEEDS_NOBODY = ("", HeldBecause.AWAITS_CANARY)


class OutboxEntry(models.Model):
    """A message of which anything is queued or transmitting, and how far claims have come with it.

    Claims take its envelopes by number: those from ``next_number`` to ``last_number`` were never
    claimed, and have ``recipients_ahead``. What comes back to the queue behind this cursor has a
    ``retry_at`` of its own. ``recipients_replaced`` are those of ``replaced`` envelopes.
    ``cost_ahead``: what those ahead cost, of a personalised message alone. ``canary``: the message
    that must be accepted before anything of this one leaves.
    """

    message = models.OneToOneField(
        Message, models.PROTECT, primary_key=True, related_name="outbox_entry"
    )
    account = models.ForeignKey(GatewayAccount, models.PROTECT, db_index=False, related_name="+")
    priority = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    next_number = models.PositiveIntegerField(default=1)
    last_number = models.PositiveIntegerField()
    recipients_ahead = models.PositiveIntegerField()
    recipients_replaced = models.PositiveIntegerField(default=0)
    cost_ahead = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    held_because = models.CharField(
        _("held because"), max_length=32, choices=HeldBecause, blank=True
    )
    canary = models.ForeignKey(
        Message, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    author_told_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    paused_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    # Whatever of it still comes back to the queue is cancelled too.
    cancelled_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(next_number__gte=1, next_number__lte=F("last_number") + 1),
                name="outbox_cursor_within_message",
            ),
            models.CheckConstraint(
                condition=Q(next_number__lte=F("last_number"), recipients_ahead__gt=0)
                | Q(next_number__gt=F("last_number"), recipients_ahead=0),
                name="outbox_recipients_ahead_of_the_cursor",
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None, paused_by=None)
                | Q(paused_at__isnull=False, paused_by__isnull=False),
                name="outbox_paused_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_by=None) | Q(paused_at__isnull=False),
                name="outbox_claimed_no_more_once_cancelled",
            ),
            models.CheckConstraint(
                condition=Q(canary=None) & ~Q(held_because__in=HELD_FOR_CANARY)
                | Q(canary__isnull=False, held_because__in=HELD_FOR_CANARY)
                & ~Q(canary=F("message")),
                name="outbox_held_for_its_canary",
            ),
            models.CheckConstraint(
                condition=Q(cost_ahead=None)
                | Q(cost_ahead__gte=0, recipients_ahead__gt=0)
                | Q(cost_ahead=0),
                name="outbox_cost_of_whom_is_ahead",
            ),
        ]
        indexes: ClassVar = [
            # The claim: interactive before bulk, oldest first. The cursor is in no index, so that
            # moving it is cheap.
            models.Index(
                fields=["account", "priority", "due_at", "message"],
                condition=Q(held_because="", paused_at=None),
                name="outbox_due",
            ),
            # The sweep: whose canary is to be looked at.
            models.Index(
                fields=["canary"],
                condition=Q(held_because=HeldBecause.AWAITS_CANARY),
                name="outbox_awaits_canary",
            ),
        ]
        triggers: ClassVar = [texts_are_whole()]

    def __str__(self) -> str:
        return f"#{self.message_id}"

    @property
    def is_held(self) -> bool:
        """Whether it waits for a person to release it."""
        return self.held_because not in NEEDS_NOBODY

    @property
    def is_held_for_canary(self) -> bool:
        return self.held_because in HELD_FOR_CANARY

    @property
    def is_paused(self) -> bool:
        """Whether somebody may resume it."""
        return self.paused_at is not None and self.cancelled_by_id is None


class Claim(models.Model):
    """Queued envelopes that one worker run alone may send until the lease ends."""

    token = models.UUIDField(primary_key=True)
    account = models.ForeignKey(GatewayAccount, models.CASCADE, related_name="+")
    lease_until = models.DateTimeField()
    envelope_ids = ArrayField(models.BigIntegerField())
