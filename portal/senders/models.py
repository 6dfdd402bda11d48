"""Sender names: asked for by an organisation, decided by an administrator."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation, User


class SenderState(models.TextChoices):
    REQUESTED = "requested", _("requested")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    REVOKED = "revoked", _("revoked")


class SenderNameQuerySet(models.QuerySet["SenderName"]):
    def usable_by(self, member: User) -> "SenderNameQuerySet":
        """Approved names of the member's organisation that are not kept for others."""
        return (
            self.filter(organisation=member.organisation_id, state=SenderState.APPROVED)
            .filter(Q(limited_to=None) | Q(limited_to=member))
            .distinct()
        )


class SenderName(models.Model):
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="sender_names", verbose_name=_("organisation")
    )
    value = models.CharField(_("sender name"), max_length=15)
    state = models.CharField(
        _("state"), max_length=16, choices=SenderState, default=SenderState.REQUESTED
    )
    reason = models.CharField(
        _("reason"), max_length=300, blank=True, help_text=_("Shown to the organisation.")
    )
    limited_to = models.ManyToManyField(
        User,
        blank=True,
        related_name="+",
        verbose_name=_("only for"),
        help_text=_("Members who may send under it; nobody chosen: all who may send."),
    )
    requested_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )
    requested_at = models.DateTimeField(_("asked"), auto_now_add=True)
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = SenderNameQuerySet.as_manager()

    class Meta:
        verbose_name = _("sender name")
        verbose_name_plural = _("sender names")
        ordering: ClassVar = ["value"]
        constraints: ClassVar = [
            # A wrong-case twin of a registered name would be another name to the operator.
            models.UniqueConstraint(
                "organisation",
                Lower("value"),
                name="sender_value_once",
                violation_error_message=_("The organisation has this sender name already."),
            ),
            models.CheckConstraint(
                condition=Q(value__regex=r"^([0-9]{1,15}|[A-Za-z0-9 ._&+!/-]{1,11})$"),
                name="sender_value_form",
            ),
        ]

    def __str__(self) -> str:
        return self.value
