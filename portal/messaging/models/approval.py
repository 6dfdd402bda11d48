"""Four eyes: when a mailing needs another person's word, and what that person said."""

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import Organisation, User
from portal.messaging.models.mailing import Mailing


class ApprovalRules(models.Model):
    """When an organisation wants approval; an empty rule wants none.

    ``above_recipients``, ``above_cost`` (in the organisation's currency): of what goes to more, or
    costs more. ``on_first_use``: of the first mailing under a sender name. ``outside_from``,
    ``outside_until``: of what leaves between these hours on the organisation's clocks.
    ``fresh_import_days``: of what goes to contacts that came from a file so few days ago.
    """

    organisation = models.OneToOneField(
        Organisation, models.CASCADE, primary_key=True, related_name="approval_rules"
    )
    above_recipients = models.PositiveIntegerField(
        _("recipients, more than"), null=True, blank=True
    )
    above_cost = models.DecimalField(
        _("cost, more than"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    on_first_use = models.BooleanField(_("first use of a sender name"), default=False)
    outside_from = models.TimeField(_("between"), null=True, blank=True)
    outside_until = models.TimeField(_("and"), null=True, blank=True)
    fresh_import_days = models.PositiveSmallIntegerField(
        _("contacts from a file, imported within days"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("approval rules")
        verbose_name_plural = _("approval rules")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outside_from=None, outside_until=None)
                | Q(outside_from__isnull=False, outside_until__isnull=False)
                & ~Q(outside_from=F("outside_until")),
                name="approval_rules_hours_whole",
            )
        ]


class Decision(models.TextChoices):
    APPROVED = "approved", pgettext_lazy("decision about a mailing", "approved")
    RETURNED = "returned", pgettext_lazy("decision about a mailing", "returned")
    # Its author changed or cancelled it meanwhile.
    VOID = "void", pgettext_lazy("decision about a mailing", "no longer asked")


class ApprovalRequest(models.Model):
    """What was asked about one snapshot of a mailing, and the answer ("" while there is none).

    ``reasons``: the rules that want it, each as ``Reason.as_dict``. An approval is of its
    ``snapshot_hash`` alone.
    """

    mailing = models.ForeignKey(Mailing, models.PROTECT, related_name="approval_requests")
    snapshot_hash = models.CharField(max_length=64)
    reasons = models.JSONField(default=list)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    decision = models.CharField(max_length=12, choices=Decision, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    word = models.CharField(_("word to the author"), max_length=500, blank=True)
    approvers_told_at = models.DateTimeField(null=True, blank=True)
    author_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mailing"], condition=Q(decision=""), name="approval_asked_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(decision="approved") | ~Q(decided_by=F("asked_by")),
                name="approval_by_another",
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_by=None, decided_at=None)
                | ~Q(decision="") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="approval_decided_whole",
            ),
        ]
