"""What one person does to many contacts at once."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import Organisation, User
from portal.core.lease import Leased


class BulkKind(models.TextChoices):
    ADD_TO_GROUP = "add_to_group", _("add to a group")
    TAKE_OUT_OF_GROUP = "take_out_of_group", _("take out of a group")
    SHARE = "share", _("share with the organisation")
    ARCHIVE = "archive", pgettext_lazy("verb", "archive")
    RESTORE = "restore", _("bring back from the archive")
    STOP = "stop", _("put on the stop list")
    DELETE = "delete", _("delete")


class BulkState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("failed")


class BulkAction(Leased):
    """``selection``: the ids, or the search whose matches are meant. ``position``: the last
    contact's id that was gone through; ids rise. ``skipped``: how many were, by the reason."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=24, choices=BulkKind)
    selection = models.JSONField()
    argument = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=BulkState, default=BulkState.WAITING)
    position = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=BulkKind.values), name="bulk_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=BulkState.values), name="bulk_state_known"
            ),
        ]
        indexes: ClassVar = [
            # The sweep: what a worker that died has left.
            models.Index(fields=["id"], condition=Q(state="waiting"), name="bulk_action_open"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"
