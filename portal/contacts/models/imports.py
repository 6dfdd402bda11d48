"""Imports of files: what was uploaded, how it is read, how far it has come, how to undo it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import Organisation, User
from portal.contacts.belonging import imports_keep_what_they_made
from portal.contacts.models.group import Group
from portal.core.lease import Leased


class ImportTarget(models.TextChoices):
    CONTACTS = "contacts", _("contacts")
    STOP_LIST = "stop_list", _("stop list")


class ImportStage(models.TextChoices):
    UPLOADED = "uploaded", pgettext_lazy("stage of an import", "columns to be chosen")
    CHECKING = "checking", pgettext_lazy("stage of an import", "being checked")
    CHECKED = "checked", pgettext_lazy("stage of an import", "to be confirmed")
    WRITING = "writing", pgettext_lazy("stage of an import", "being imported")
    DONE = "done", pgettext_lazy("stage of an import", "imported")
    UNDOING = "undoing", pgettext_lazy("stage of an import", "being undone")
    UNDONE = "undone", pgettext_lazy("stage of an import", "undone")
    FAILED = "failed", pgettext_lazy("stage of an import", "failed")


# A worker is at it, or will be.
IN_WORK = (ImportStage.CHECKING, ImportStage.WRITING, ImportStage.UNDOING)


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, member: User) -> "ImportQuerySet":
        """One's own: a file holds what only its owner may see."""
        return self.filter(organisation=member.organisation_id, author=member)


class Import(Leased):
    """``reading``: how the file is read (kind, encoding, delimiter, header row or none).
    ``columns``: what each column is, in order. ``group_name``: of the group that was chosen, or
    is to be made when it is confirmed; "" for none. ``position``: rows gone through in this
    stage, of about ``total``. ``begun_at``: when this stage's work began. ``report``: counts of
    the check, ``outcome``: of the writing or its undo, after what was chosen for it (whether the
    group was there, the reason for the stop list).
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="imports")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    target = models.CharField(max_length=12, choices=ImportTarget, default=ImportTarget.CONTACTS)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    reading = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    group = models.ForeignKey(Group, models.SET_NULL, null=True, blank=True, related_name="+")
    group_name = models.CharField(max_length=100, blank=True)
    updates_known = models.BooleanField(default=True)
    stage = models.CharField(max_length=12, choices=ImportStage, default=ImportStage.UPLOADED)
    stop_requested = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict)
    failure = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(stage__in=ImportStage.values), name="import_stage_known"
            ),
            models.CheckConstraint(
                condition=Q(target__in=ImportTarget.values), name="import_target_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["author", "-id"], name="import_newest_of_author"),
            # The sweep: what a worker that died has left.
            models.Index(
                fields=["id"],
                condition=Q(stage__in=["checking", "writing", "undoing"]),
                name="import_in_work",
            ),
        ]
        triggers: ClassVar = [imports_keep_what_they_made()]

    def __str__(self) -> str:
        return self.file_name or f"#{self.pk}"


class ImportPart(models.Model):
    """A piece of the uploaded file, so that a worker on any machine can read it."""

    source = models.ForeignKey(Import, models.CASCADE, db_index=False, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "number"], name="import_part_once")
        ]


class CheckedRows(models.Model):
    """Good rows of a file as the check left them, ready to be written: compressed lines of
    PostgreSQL's COPY. ``last_row``: of the file, as far as it was gone through for them."""

    source = models.ForeignKey(Import, models.CASCADE, db_index=False, related_name="checked")
    number = models.PositiveIntegerField()
    last_row = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "number"], name="checked_rows_once")
        ]


class BadRow(models.Model):
    """A row that cannot be imported: its cells as they came, and why."""

    source = models.ForeignKey(Import, models.CASCADE, db_index=False, related_name="bad_rows")
    row_number = models.PositiveIntegerField()
    cells = models.JSONField()
    faults = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "row_number"], name="bad_row_once")
        ]


class ImportBefore(models.Model):
    """What a contact was before an import changed it."""

    source = models.ForeignKey(Import, models.CASCADE, db_index=False, related_name="befores")
    contact_id = models.BigIntegerField()
    before = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "contact_id"], name="import_before_once")
        ]


class ImportedEntry(models.Model):
    """A stop list entry that an import made and nobody has asked for since."""

    source = models.ForeignKey(Import, models.CASCADE, db_index=False, related_name="entries")
    entry_id = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "entry_id"], name="imported_entry_once")
        ]
        indexes: ClassVar = [models.Index(fields=["entry_id"], name="imported_entry_by_entry")]


class ColumnMemory(models.Model):
    """What an organisation last said that a column of this heading is."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    heading = models.CharField(max_length=200)
    meaning = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "heading"], name="column_memory_once")
        ]
