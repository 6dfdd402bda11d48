"""Messages on their way to the operator. PostgreSQL is the queue; see ARCHITECTURE.md."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Right
from portal.core.fields import EncryptedField
from portal.delivery.belonging import envelopes_keep_recipients, recipients_belong
from portal.delivery.meter_models import AccountMeter, SweepMark  # noqa: F401 - Django looks here
from portal.senders.models import SenderName
from sms.letter import TransferEncoding
from sms.phone import display
from sms.segments import Encoding
from sms.smtp import Security

# As many Russian numbers as one line of an e-mail holds (RFC 5321 4.5.3.1.6).
MOST_NUMBERS = 82
MOST_CONNECTIONS = 500


class SecurityChoice(models.TextChoices):
    NONE = Security.NONE.value, _("none (local network only)")
    STARTTLS = Security.STARTTLS.value, "STARTTLS"
    TLS = Security.TLS.value, "TLS"


class TransferEncodingChoice(models.TextChoices):
    EIGHT_BIT = TransferEncoding.EIGHT_BIT.value, "8bit"
    QUOTED_PRINTABLE = TransferEncoding.QUOTED_PRINTABLE.value, "quoted-printable"
    BASE64 = TransferEncoding.BASE64.value, "base64"


class GatewayAccount(models.Model):
    """The organisation's account with an operator."""

    organisation = models.OneToOneField(
        Organisation,
        models.PROTECT,
        related_name="gateway",
        verbose_name=_("organisation"),
        error_messages={"unique": _("The organisation has a gateway account already.")},
    )
    host = models.CharField(_("SMTP host"), max_length=253)
    port = models.PositiveIntegerField(
        _("SMTP port"), validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    security = models.CharField(_("security"), max_length=16, choices=SecurityChoice)
    smtp_user = models.CharField(_("SMTP login"), max_length=128, blank=True)
    smtp_password = EncryptedField(_("SMTP password"), null=True, blank=True)
    from_address = models.EmailField(
        _("From address"), help_text=_("Answers about undelivered e-mails go here.")
    )
    mailbox = models.EmailField(
        _("operator's mailbox"), help_text=_("Where the operator takes e-mails.")
    )
    sms_user = models.CharField(_("operator login"), max_length=64)
    sms_password = EncryptedField(_("operator password"))
    transfer_encoding = models.CharField(
        _("transfer encoding"),
        max_length=16,
        choices=TransferEncodingChoice,
        default=TransferEncodingChoice.EIGHT_BIT,
    )
    numbers_per_email = models.PositiveSmallIntegerField(
        _("numbers per e-mail"),
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_NUMBERS)],
    )
    connections = models.PositiveSmallIntegerField(
        _("connections"),
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_CONNECTIONS)],
        help_text=_("At once, over all workers."),
    )
    per_minute = models.PositiveIntegerField(
        _("e-mails per minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: as many as the operator takes."),
    )
    dynamic_sender = models.BooleanField(
        _("dynamic sender"),
        default=False,
        help_text=_(
            "The operator takes any sender name of this account. Names are still approved here."
        ),
    )
    cabinet_url = models.URLField(_("operator's web cabinet"), blank=True)
    paused_reason = models.CharField(_("paused because"), max_length=500, blank=True)
    pause_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    # None: the engine did it, and a mended account goes on by itself.
    paused_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    failures = models.PositiveIntegerField(default=0, editable=False)
    not_before = models.DateTimeField(null=True, blank=True, editable=False)
    last_failure = models.CharField(_("last failure"), max_length=500, blank=True, editable=False)
    # The moment from which the next e-mail may go under the limit per minute.
    next_slot = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("gateway account")
        verbose_name_plural = _("gateway accounts")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(numbers_per_email__gte=1, numbers_per_email__lte=MOST_NUMBERS),
                name="gateway_numbers_per_email_range",
            ),
            models.CheckConstraint(
                condition=Q(connections__gte=1), name="gateway_connections_positive"
            ),
            models.CheckConstraint(
                condition=Q(port__gte=1, port__lte=65535), name="gateway_port_range"
            ),
            models.CheckConstraint(
                condition=Q(paused_by=None) | ~Q(paused_reason=""),
                name="gateway_paused_by_whom_only_while_paused",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sms_user} → {self.host}:{self.port}"

    @property
    def is_paused(self) -> bool:
        return bool(self.paused_reason)


class PlatformStop(models.Model):
    """While its one row is there, nothing is sent for any organisation."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    stopped_at = models.DateTimeField(_("stopped"))
    because = models.CharField(_("stopped because"), max_length=300)
    # None: a command.
    stopped_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="platform_stop_only_one")
        ]

    def __str__(self) -> str:
        return "all sending"


class ConnectionLease(models.Model):
    """Connections of an account that one worker run may hold until the lease ends."""

    account = models.ForeignKey(GatewayAccount, models.CASCADE, related_name="leases")
    token = models.UUIDField(unique=True)
    connections = models.PositiveSmallIntegerField()
    expires_at = models.DateTimeField()


class EncodingChoice(models.TextChoices):
    GSM7 = Encoding.GSM7.value, "GSM-7"
    UCS2 = Encoding.UCS2.value, "UCS-2"


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, member: User) -> "MessageQuerySet":
        """The organisation's for who may see all, else one's own."""
        of_organisation = self.filter(organisation=member.organisation_id)
        if member.may(Right.SEE_ALL_MESSAGES):
            return of_organisation
        if member.may(Right.SEE_OWN_MESSAGES):
            return of_organisation.filter(author=member)
        return self.none()


class Message(models.Model):
    """What an author submitted. ``content_hash`` tells a replay from other content.

    ``settled_counts``: recipients of its envelopes by state (of ``STORED``) once nothing is under
    way, None before; whoever changes an envelope after that empties it.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name=_("organisation"))
    author = models.ForeignKey(
        User, models.PROTECT, related_name="messages", verbose_name=_("author")
    )
    vouched_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
        help_text=_("The manager who answers for it since it was held."),
    )
    sender_name = models.ForeignKey(SenderName, models.PROTECT, verbose_name=_("sender name"))
    sender_value = models.CharField(max_length=15)
    text = models.TextField(_("text"))
    encoding = models.CharField(_("encoding"), max_length=8, choices=EncodingChoice)
    segments = models.PositiveSmallIntegerField(_("segments per SMS"))
    recipients_count = models.PositiveIntegerField(_("recipients"))
    price_per_segment = models.DecimalField(_("price per segment"), max_digits=10, decimal_places=4)
    cost = models.DecimalField(_("cost"), max_digits=16, decimal_places=4)
    form_key = models.CharField(max_length=64)
    content_hash = models.CharField(max_length=64)
    resend_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="resends"
    )
    # Names its e-mails: the Message-ID of each is made of it.
    reference = models.UUIDField(default=uuid.uuid4, editable=False)
    mail_domain = models.CharField(max_length=253, editable=False)
    priority = models.PositiveSmallIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(_("due"))
    expires_at = models.DateTimeField(_("not after"), null=True, blank=True)
    created_at = models.DateTimeField(_("submitted"))
    settled_counts = models.JSONField(null=True, blank=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "form_key"], name="message_form_key_once"
            ),
            models.CheckConstraint(
                condition=Q(segments__gte=1, recipients_count__gte=1), name="message_not_empty"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="message_text_not_empty"),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("due_at")),
                name="message_due_before_it_expires",
            ),
        ]
        indexes: ClassVar = [
            # History of an organisation and of an author: newest first, keyset.
            models.Index(fields=["organisation", "-id"], name="message_newest"),
            models.Index(fields=["author", "-id"], name="message_newest_of_author"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def answerable(self) -> User:
        """Its author, or the manager who released it after it was held."""
        return self.vouched_by or self.author


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


UNDER_WAY = frozenset({State.QUEUED, State.TRANSMITTING})
STORED = frozenset(State) - {State.HELD}
NOTABLE = (State.REJECTED, State.UNCERTAIN, State.CANCELLED, State.EXPIRED)


class HeldBecause(models.TextChoices):
    AUTHOR_DISABLED = "author_disabled", _("its author may no longer send")
    SENDER_NOT_APPROVED = "sender_not_approved", _("its sender name is no longer approved")


class OutboxEntry(models.Model):
    """A message of which anything is queued or under way, and how far claims have come with it.

    Claims take its envelopes by number: those from ``next_number`` to ``last_number`` were never
    claimed. What comes back to the queue behind this cursor has a ``retry_at`` of its own.
    """

    message = models.OneToOneField(
        Message, models.PROTECT, primary_key=True, related_name="outbox_entry"
    )
    account = models.ForeignKey(GatewayAccount, models.PROTECT, db_index=False, related_name="+")
    priority = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    next_number = models.PositiveIntegerField(default=1)
    last_number = models.PositiveIntegerField()
    held_because = models.CharField(
        _("held because"), max_length=32, choices=HeldBecause, blank=True
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
                condition=Q(paused_at=None, paused_by=None)
                | Q(paused_at__isnull=False, paused_by__isnull=False),
                name="outbox_paused_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_by=None) | Q(paused_at__isnull=False),
                name="outbox_claimed_no_more_once_cancelled",
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
        ]

    def __str__(self) -> str:
        return f"#{self.message_id}"

    @property
    def is_held(self) -> bool:
        return bool(self.held_because)

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
                condition=Q(state="transmitting", token__isnull=False)
                | ~Q(state="transmitting") & Q(token__isnull=True),
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
            models.CheckConstraint(
                condition=Q(phone__regex=r"^[0-9]{1,15}$"), name="recipient_phone_is_msisdn"
            ),
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
