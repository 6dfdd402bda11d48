"""Who was picked, each number once, from the moment that fixes it until their texts are ready."""

from typing import ClassVar

from django.db import models

from portal.messaging.models.mailing import Mailing


class GatheredPerson(models.Model):
    """``values``: of a spreadsheet's row, by placeholder; None of anybody else, whose contact is
    asked. Rows go as they become ``PreparedRecipient``."""

    mailing = models.ForeignKey(Mailing, models.CASCADE, db_index=False, related_name="+")
    position = models.PositiveIntegerField()
    phone = models.CharField(max_length=15, db_collation="C")
    name = models.CharField(max_length=150, blank=True)
    values = models.JSONField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailing", "position"], name="gathered_position_once")
        ]
