"""Spreadsheets whose rows get a message each, without becoming contacts."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from portal.accounts.models import Organisation, User


class SheetQuerySet(models.QuerySet["Sheet"]):
    def visible_to(self, member: User) -> "SheetQuerySet":
        """One's own: a file holds what only its owner may see."""
        return self.filter(organisation=member.organisation_id, author=member)


class Sheet(models.Model):
    """An uploaded file, kept in parts. ``reading``: how it is read, as ``Reading.as_dict``.
    ``columns``: the placeholder that each column is, in order, "" for one that is none.
    ``phone_column``: the index of the one that holds the numbers, None until it is known.
    ``row_count``: about how many rows of people there are."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    reading = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    phone_column = models.PositiveSmallIntegerField(null=True, blank=True)
    row_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SheetQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["author", "-id"], name="sheet_newest_of_author")]

    def __str__(self) -> str:
        return self.file_name or f"#{self.pk}"


class SheetPart(models.Model):
    """A piece of the file, so that a worker on any machine can read it."""

    sheet = models.ForeignKey(Sheet, models.CASCADE, db_index=False, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sheet", "number"], name="sheet_part_once")
        ]
