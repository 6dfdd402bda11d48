"""Pairs of contacts that look like one person and are two."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation, User
from portal.contacts.models.contact import SHARED, Contact


class DistinctPairQuerySet(models.QuerySet["DistinctPair"]):
    def visible_to(self, member: User) -> "DistinctPairQuerySet":
        """Of contacts that the member sees both of."""
        shelves = (SHARED, member.pk)
        return self.filter(
            organisation=member.organisation_id,
            first__shelf__in=shelves,
            second__shelf__in=shelves,
        )


class DistinctPair(models.Model):
    """Two different people, as somebody said. ``first`` is the contact of the lower id, so that a
    pair has one row. A pair goes with either contact, whatever deletes it."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, db_index=False, related_name="distinct_pairs"
    )
    # The migration gives both the database's own ON DELETE CASCADE: the undo of an import deletes
    # contacts by SQL.
    first = models.ForeignKey(
        Contact, models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    second = models.ForeignKey(Contact, models.CASCADE, db_constraint=False, related_name="+")
    created_at = models.DateTimeField(_("added"), default=timezone.now)

    objects = DistinctPairQuerySet.as_manager()

    class Meta:
        verbose_name = _("pair of different people")
        verbose_name_plural = _("pairs of different people")
        constraints: ClassVar = [
            # Serves the walk for duplicates too, which leaves these out.
            models.UniqueConstraint(fields=["first", "second"], name="distinct_pair_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="distinct_pair_in_order"
            ),
        ]
        indexes: ClassVar = [
            # The list of those put aside, newest first.
            models.Index(fields=["organisation", "-id"], name="distinct_pair_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id}/{self.second_id}"
