"""One e-mail to the operator: its state, its recipients, and the tries that failed."""

import uuid
from typing import ClassVar

from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.delivery.belonging import envelopes_keep_recipients, recipients_belong, texts_belong
from portal.delivery.models.gateway import GatewayAccount
from portal.delivery.models.message import Message
from sms.phone import display


class State(models.TextChoices):
    QUEUED = "queued", _("queued")
    TRANSMITTING = "transmitting", _("waiting for the operator")
    ACCEPTED = "accepted", _("accepted by the operator")
    REJECTED = "rejected", _("rejected by the operator")
    UNCERTAIN = "uncertain", _("uncertain")
    # Shown, never stored: queued, of a message that is held.
    HELD = "held", _("held")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")
    REPLACED = "replaced", _("sent again")
    # Of an envelope that no recipient is left of; its recipients are in ``Skip``.
    SKIPPED = "skipped", _("skipped")


UNDER_WAY = frozenset({State.QUEUED, State.TRANSMITTING})
STORED = frozenset(State) - {State.HELD}
NOTABLE = (State.REJECTED, State.UNCERTAIN, State.CANCELLED, State.EXPIRED)


class Envelope(models.Model):
    """One e-mail to the operator. Content is fixed at submit, bytes are made at claim.

    The way queued, transmitting, accepted changes no indexed column, so that PostgreSQL updates
    the row in its page and no index (HOT).
    """

    account = models.ForeignKey(
        GatewayAccount,
        models.PROTECT,
        db_index=False,
        related_name="envelopes",
        verbose_name=_("gateway account"),
    )
    message = models.ForeignKey(
        Message,
        models.PROTECT,
        db_index=False,
        related_name="envelopes",
        verbose_name=_("message"),
    )
    number = models.PositiveIntegerField(_("number"))
    recipients_count = models.PositiveSmallIntegerField(_("recipients"))
    cost = models.DecimalField(_("cost"), max_digits=16, decimal_places=4)
    # Set aside in the ledger when the envelope was made; the plan may have changed since.
    reserved = models.DecimalField(_("reserved"), max_digits=16, decimal_places=4, default=0)
    state = models.CharField(
        _("state"), max_length=16, choices=State, default=State.QUEUED, db_default=State.QUEUED
    )
    # Set while it waits behind the cursor of its message.
    retry_at = models.DateTimeField(_("next try"), null=True, blank=True)
    tries = models.PositiveIntegerField(_("tries"), default=0, db_default=0)
    # The claim that handed it over; while it is queued, the one claim that may, where it has come
    # back to the queue before: older ones have it in their lists still.
    token = models.UUIDField(null=True, blank=True)
    transmitting_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    last_phase = models.CharField(_("phase reached"), max_length=16, blank=True, db_default="")
    last_code = models.PositiveSmallIntegerField(_("reply code"), null=True, blank=True)
    last_reply = models.CharField(
        _("operator's last reply"), max_length=500, blank=True, db_default=""
    )
    replaces = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("in place of"),
    )
    settled_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("decided by"),
    )
    author_told_at = models.DateTimeField(null=True, blank=True)
    notable = models.GeneratedField(
        expression=Case(When(state__in=NOTABLE, then=F("state"))),
        output_field=models.CharField(max_length=16, null=True),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("envelope")
        verbose_name_plural = _("envelopes")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "number"], name="envelope_number_once"),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=Q(replaces__isnull=False),
                name="envelope_replaced_once",
            ),
            models.CheckConstraint(
                condition=Q(state="queued")
                | Q(state="transmitting", token__isnull=False)
                | ~Q(state__in=["queued", "transmitting"]) & Q(token__isnull=True),
                name="envelope_leased_while_transmitting",
            ),
            models.CheckConstraint(
                condition=Q(retry_at=None) | Q(state="queued"),
                name="envelope_retried_while_queued",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(STORED)), name="envelope_state_stored"
            ),
            models.CheckConstraint(
                condition=Q(reserved=0) | Q(reserved=F("cost")),
                name="envelope_reserved_whole_or_not_at_all",
            ),
        ]
        indexes: ClassVar = [
            # The claim of what came back to the queue.
            models.Index(
                fields=["account", "retry_at"],
                condition=Q(retry_at__isnull=False),
                name="envelope_returned",
            ),
            # What people look for: uncertain ones above all.
            models.Index(
                fields=["notable", "message"],
                condition=Q(notable__isnull=False),
                name="envelope_notable",
            ),
        ]
        triggers: ClassVar = [envelopes_keep_recipients()]

    def __str__(self) -> str:
        return f"#{self.message_id}/{self.number}"

    @property
    def message_id_header(self) -> str:
        """The Message-ID (RFC 5322 3.6.4), fixed for the envelope's life, so that tries can be
        told from new e-mails."""
        return message_id_header(self.message.reference, self.number, self.message.mail_domain)


def message_id_header(reference: uuid.UUID, number: int, domain: str) -> str:
    return f"<{reference.hex}.{number}@{domain}>"


class EnvelopeText(models.Model):
    """The text of one envelope of a personalised message, and its ``segments``. Apart from the
    envelope, whose row is rewritten at every step; nothing changes this one."""

    # Triggers check statements at a time, as with recipients.
    envelope = models.OneToOneField(
        Envelope, models.PROTECT, primary_key=True, db_constraint=False, related_name="own"
    )
    text = models.TextField(_("text"))
    segments = models.PositiveSmallIntegerField(_("segments"))

    class Meta:
        verbose_name = _("text of an envelope")
        verbose_name_plural = _("texts of envelopes")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(text="") & Q(segments__gte=1), name="envelope_text_not_empty"
            )
        ]
        triggers: ClassVar = texts_belong()

    def __str__(self) -> str:
        return f"{self.envelope_id}"


class Recipient(models.Model):
    """One number of a message; its state is its envelope's."""

    # Triggers check both a statement at a time: row by row, foreign keys would take as long over
    # a million recipients as all else together.
    # The unique index on message and phone serves the message.
    message = models.ForeignKey(
        Message, models.PROTECT, db_index=False, db_constraint=False, related_name="recipients"
    )
    envelope = models.ForeignKey(
        Envelope, models.PROTECT, db_constraint=False, related_name="recipients"
    )
    phone = models.CharField(_("phone"), max_length=15)
    name = models.CharField(_("name"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "phone"], name="recipient_phone_once"),
            # Digits alone. A pattern would take a fifth of all that writing a recipient takes.
            models.CheckConstraint(
                condition=~Q(phone="")
                & Q(Exact(Func("phone", Value("0123456789"), function="btrim"), Value(""))),
                name="recipient_phone_is_msisdn",
            ),
        ]
        indexes: ClassVar = [
            # What was sent to a contact's number. Of all kinds this one costs a submit least.
            HashIndex(fields=["phone"], name="recipient_of_phone"),
        ]
        triggers: ClassVar = recipients_belong()

    def __str__(self) -> str:
        return self.phone_display

    @property
    def phone_display(self) -> str:
        return display(self.phone)


class Attempt(models.Model):
    """One try at handing an envelope over that did not end accepted, written when its outcome is
    known. An accepted try is in the envelope itself."""

    envelope = models.ForeignKey(
        Envelope, models.PROTECT, related_name="attempts", verbose_name=_("envelope")
    )
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"))
    phase = models.CharField(_("phase reached"), max_length=16)
    code = models.PositiveSmallIntegerField(_("reply code"), null=True, blank=True)
    reply = models.CharField(_("reply"), max_length=500, blank=True)
    outcome = models.CharField(_("outcome"), max_length=16)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return f"{self.envelope_id}/{self.pk}"
