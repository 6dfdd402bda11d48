"""Numbers that nothing is sent to."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import Organisation, User
from sms.phone import display


class StopSource(models.TextChoices):
    HAND = "hand", pgettext_lazy("source of a stop list entry", "by hand")
    IMPORT = "import", pgettext_lazy("source of a stop list entry", "from a file")
    ADMINISTRATOR = "administrator", pgettext_lazy("source of a stop list entry", "administrator")


class StopListEntry(models.Model):
    """A number that an organisation sends nothing to, or nobody on the platform where
    ``organisation`` is None. ``file_name``: of what it was imported from, where the list's page
    has looked that up."""

    file_name = ""

    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="stop_list",
        verbose_name=_("organisation"),
    )
    phone = models.CharField(
        _("phone"),
        max_length=15,
        db_collation="C",
        validators=[RegexValidator(r"\A[0-9]{5,15}\Z")],
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=16, choices=StopSource)
    added_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("added by"),
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        verbose_name = _("stop list entry")
        # Of the only pages that name it so: the administrators'.
        verbose_name_plural = _("stop list of the whole portal")
        constraints: ClassVar = [
            # Serves the question whether a number is stopped, and searches by its start.
            models.UniqueConstraint(
                fields=["organisation", "phone"],
                nulls_distinct=False,
                name="stop_list_phone_once",
                violation_error_message=_("The number is on the stop list already."),
            ),
            models.CheckConstraint(
                condition=Q(phone__regex=r"^[0-9]{5,15}$"), name="stop_list_phone_is_msisdn"
            ),
            models.CheckConstraint(
                condition=Q(source__in=StopSource.values), name="stop_list_source_known"
            ),
        ]
        indexes: ClassVar = [
            # The list, newest first; and at a claim, what was added since a message was submitted.
            models.Index(fields=["organisation", "-created_at", "-id"], name="stop_list_newest"),
        ]

    def __str__(self) -> str:
        return self.phone_display

    @property
    def phone_display(self) -> str:
        return display(self.phone)
