"""Whom a prepared mailing goes to, each with the text they get: a snapshot that nothing changes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from portal.messaging.models.mailing import Mailing


class LeftOut(models.TextChoices):
    """Why somebody picked gets nothing; the stop lists are asked again when it leaves."""

    STOPPED = "stopped"
    STOPPED_ON_PLATFORM = "stopped_platform"
    LACKS_VALUE = "lacks_value"
    TEXT_REFUSED = "text_refused"
    TOO_LONG = "too_long"


class PreparedRecipient(models.Model):
    """``text``: their own where the mailing is personalised, else "". ``segments`` of it.
    ``lacks``: placeholders without a value or default, separated by line breaks. ``zone``: an IANA
    name, "" for the organisation's. ``note``: what whoever stopped the number said, or the code of
    what is wrong with the text.
    """

    mailing = models.ForeignKey(Mailing, models.CASCADE, db_index=False, related_name="prepared")
    position = models.PositiveIntegerField()
    phone = models.CharField(max_length=15, db_collation="C")
    name = models.CharField(max_length=150, blank=True)
    text = models.TextField(blank=True)
    segments = models.PositiveSmallIntegerField()
    units = models.PositiveIntegerField()
    zone = models.CharField(max_length=40, blank=True)
    left_out = models.CharField(max_length=20, choices=LeftOut, blank=True)
    lacks = models.TextField(blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailing", "position"], name="prepared_position_once"),
            models.UniqueConstraint(fields=["mailing", "phone"], name="prepared_phone_once"),
            models.CheckConstraint(
                condition=Q(left_out__in=["", *LeftOut.values]), name="prepared_left_out_known"
            ),
        ]
        indexes: ClassVar = [
            # The preview: the longest first.
            models.Index(
                fields=["mailing", "-segments", "-units", "position"],
                condition=Q(left_out=""),
                name="prepared_longest_first",
            ),
            models.Index(
                fields=["mailing", "left_out", "position"],
                condition=~Q(left_out=""),
                name="prepared_left_out",
            ),
        ]
