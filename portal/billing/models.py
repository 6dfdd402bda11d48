"""The ledger of a prepaid organisation: append-only, balance = sum, kept up by the database."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation
from portal.core.append_only import append_only


class Kind(models.TextChoices):
    TOP_UP = "top_up", _("top-up")
    RESERVATION = "reservation", _("reservation")
    CAPTURE = "capture", _("capture")
    RELEASE = "release", _("release")


# The entries of one statement are added to a row of sums that no other transaction holds, or to a
# new one: workers that settle envelopes of one organisation at once never wait for each other.
_ADD_UP = """
    FOR added IN
        SELECT organisation_id, sum(amount) AS available, sum(reserved) AS reserved
          FROM entries GROUP BY organisation_id
    LOOP
        SELECT id INTO free FROM billing_ledgersum WHERE organisation_id = added.organisation_id
           LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
        IF FOUND THEN
            UPDATE billing_ledgersum
               SET available = available + added.available, reserved = reserved + added.reserved
             WHERE id = free;
        ELSE
            INSERT INTO billing_ledgersum (organisation_id, available, reserved)
            VALUES (added.organisation_id, added.available, added.reserved);
        END IF;
    END LOOP;
    RETURN NULL;
"""


class LedgerEntry(models.Model):
    """``amount`` changes what may still be spent, ``reserved`` what is set aside for envelopes
    without an answer: a reservation moves money from the first to the second, a release moves it
    back, a capture takes it out of the second for good."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="ledger", verbose_name=_("organisation")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=4)
    reserved = models.DecimalField(_("reserved"), max_digits=16, decimal_places=4, default=0)
    envelope_id = models.BigIntegerField(_("envelope's id"), null=True, blank=True)
    # Of a release for some of an envelope's recipients: how many it goes on with.
    recipients_left = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    message_id = models.BigIntegerField(_("message's id"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    key = models.CharField(
        _("key"),
        max_length=64,
        unique=True,
        null=True,
        blank=True,
        help_text=_("Names one top-up: the same key again adds nothing."),
    )
    actor_label = models.CharField(_("by"), max_length=320)
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints: ClassVar = [
            # Money set aside for an envelope leaves the reservation once.
            models.UniqueConstraint(
                fields=["envelope_id"],
                condition=Q(kind__in=["capture", "release"], recipients_left=None),
                name="ledger_envelope_settled_once",
            ),
            # What was set aside for recipients taken out of it leaves once before that: each time
            # fewer are left.
            models.UniqueConstraint(
                fields=["envelope_id", "recipients_left"],
                condition=Q(recipients_left__isnull=False),
                name="ledger_recipients_taken_out_once",
            ),
            models.CheckConstraint(
                condition=Q(recipients_left=None)
                | Q(kind="release", envelope_id__isnull=False, message_id__isnull=False),
                name="ledger_recipients_left_of_an_envelope",
            ),
            models.CheckConstraint(
                condition=Q(kind="top_up", amount__gt=0, reserved=0)
                | Q(kind="reservation", amount__lte=0, reserved=-F("amount"))
                | Q(kind="release", amount__gte=0, reserved=-F("amount"))
                | Q(kind="capture", amount=0, reserved__lte=0),
                name="ledger_kind_moves_money_its_way",
            ),
        ]
        indexes: ClassVar = [
            # Balance of an organisation, from the index alone.
            models.Index(
                fields=["organisation", "-id"],
                include=["amount", "reserved"],
                name="ledger_of_organisation",
            ),
        ]
        triggers: ClassVar = [
            *append_only("ledger", "the ledger is append-only"),
            pgtrigger.Trigger(
                name="ledger_adds_up",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="entries"),  # type: ignore[no-untyped-call]
                declare=[("added", "RECORD"), ("free", "BIGINT")],
                func=_ADD_UP,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"


class LedgerSum(models.Model):
    """A part of what an organisation's entries come to; the parts together are its balance.

    Written by the ledger's trigger alone. An organisation has as many rows as transactions ever
    wrote entries of it at the same moment.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    available = models.DecimalField(max_digits=24, decimal_places=4)
    reserved = models.DecimalField(max_digits=24, decimal_places=4)

    def __str__(self) -> str:
        return f"{self.organisation_id}: {self.available} + {self.reserved}"
