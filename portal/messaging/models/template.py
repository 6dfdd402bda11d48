"""Texts kept to be sent again."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation, User
from portal.contacts.models import SHARED


class TemplateQuerySet(models.QuerySet["Template"]):
    def visible_to(self, member: User) -> "TemplateQuerySet":
        """The organisation's templates and the member's own."""
        return self.filter(organisation=member.organisation_id, shelf__in=(SHARED, member.pk))


class Template(models.Model):
    """``text``: with placeholders, by the grammar of ``sms/placeholders.py``. Of the organisation,
    or of its ``owner`` alone; ``shelf`` as with contacts."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="templates")
    owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    shelf = models.GeneratedField(
        expression=Coalesce(F("owner"), SHARED),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    name = models.CharField(_("name"), max_length=100)
    text = models.TextField(_("text"))
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "organisation",
                "shelf",
                Lower("name"),
                name="template_name_once",
                violation_error_message=_("There is a template of this name already."),
            ),
            models.CheckConstraint(condition=~Q(text=""), name="template_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name
