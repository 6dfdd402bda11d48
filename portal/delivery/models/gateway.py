"""Gateway accounts, and what is shared out of them."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation, User
from portal.core.fields import EncryptedField
from sms.letter import TransferEncoding
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
    # When the stop of all sending began that managers were told of, until they are told of its end.
    stop_told_of = models.DateTimeField(null=True, blank=True, editable=False)
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
        verbose_name = _("stop of all sending")
        verbose_name_plural = _("stops of all sending")
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
    lease_until = models.DateTimeField()
