"""Named sets of contacts: picked ones, or those that a saved filter finds."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation, User
from portal.contacts.belonging import groups_keep_members, members_belong
from portal.contacts.models.contact import SHARED, Contact


class GroupQuerySet(models.QuerySet["Group"]):
    def visible_to(self, member: User) -> "GroupQuerySet":
        """The organisation's shared groups and the member's own."""
        return self.filter(organisation=member.organisation_id, shelf__in=(SHARED, member.pk))


class Group(models.Model):
    """Static, or a saved filter where ``conditions`` are set; those are asked at every use.

    A shared group has shared contacts alone, a member's own has the member's own too.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="contact_groups")
    owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="own_groups",
        verbose_name=_("owner"),
    )
    shelf = models.GeneratedField(
        expression=Coalesce(F("owner"), SHARED),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    name = models.CharField(_("name"), max_length=100)
    conditions = models.JSONField(_("conditions"), null=True, blank=True)
    contacts = models.ManyToManyField(
        Contact,
        blank=True,
        through="contacts.Membership",
        related_name="groups",
        verbose_name=_("contacts"),
    )

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "shelf", "name"],
                name="group_name_once",
                violation_error_message=_("There is a group of this name already."),
            )
        ]
        triggers: ClassVar = [groups_keep_members()]

    def __str__(self) -> str:
        return self.name

    @property
    def is_filter(self) -> bool:
        return self.conditions is not None


class Membership(models.Model):
    """A contact picked into a static group."""

    # The unique index serves the group. That it is there triggers see to, a statement at a time.
    group = models.ForeignKey(
        Group, models.CASCADE, db_index=False, db_constraint=False, related_name="memberships"
    )
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="memberships")
    imported_by = models.ForeignKey(
        "contacts.Import",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "contact"], name="membership_once")
        ]
        indexes: ClassVar = [
            # The undo of an import.
            models.Index(
                fields=["imported_by", "id"],
                condition=Q(imported_by__isnull=False),
                name="membership_of_import",
            )
        ]
        triggers: ClassVar = members_belong()

    def __str__(self) -> str:
        return f"{self.group_id}/{self.contact_id}"
