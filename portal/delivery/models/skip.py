"""Numbers of a message that nothing is sent to."""

from typing import ClassVar

from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.delivery.models.message import Message
from sms.phone import display


class SkippedBecause(models.TextChoices):
    STOP_LIST = "stop_list", _("on the stop list")
    PLATFORM_STOP_LIST = "platform_stop_list", _("on the portal’s stop list")


class Skip(models.Model):
    """A recipient whom the message skips, since it was submitted or since a claim.

    ``note``: what whoever stopped the number said. ``envelope_number``: the e-mail that it was
    taken out of, whose money for it was released; None where it was skipped at submit.
    """

    # The unique index on message and phone serves the message.
    message = models.ForeignKey(Message, models.PROTECT, db_index=False, related_name="skips")
    phone = models.CharField(_("phone"), max_length=15)
    name = models.CharField(_("name"), max_length=150, blank=True)
    reason = models.CharField(_("reason"), max_length=24, choices=SkippedBecause)
    note = models.CharField(_("note"), max_length=200, blank=True)
    at = models.DateTimeField(_("skipped"), default=timezone.now)
    envelope_number = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("skipped recipient")
        verbose_name_plural = _("skipped recipients")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "phone"], name="skip_phone_once"),
            models.CheckConstraint(
                condition=Q(reason__in=SkippedBecause.values), name="skip_reason_known"
            ),
        ]
        indexes: ClassVar = [
            # What a contact's number was skipped by.
            HashIndex(fields=["phone"], name="skip_of_phone"),
        ]

    def __str__(self) -> str:
        return self.phone_display

    @property
    def phone_display(self) -> str:
        return display(self.phone)
