"""Fields of an organisation's own: what it keeps of a contact beside name and number."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import Organisation

LONGEST_VALUE = 300
MOST_FIELDS = 30


class FieldKind(models.TextChoices):
    TEXT = "text", pgettext_lazy("kind of field", "text")
    DATE = "date", pgettext_lazy("kind of field", "date")
    NUMBER = "number", pgettext_lazy("kind of field", "number")


class ContactField(models.Model):
    """``name`` is also how templates of messages call it: letters, digits, spaces, ``_``, ``-``."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="contact_fields")
    name = models.CharField(_("name"), max_length=40, validators=[RegexValidator(r"\A\w[\w -]*\Z")])
    kind = models.CharField(_("kind"), max_length=8, choices=FieldKind)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("contact field")
        verbose_name_plural = _("contact fields")
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "organisation",
                Lower("name"),
                name="contact_field_name_once",
                violation_error_message=_("There is a field of this name already."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=FieldKind.values), name="contact_field_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
