"""People in E.164, and named sets of them."""

import re
import unicodedata
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation
from sms.phone import display

_BETWEEN_WORDS = re.compile(r"\W+")
LONGEST_SEARCH_KEY = 300


def search_key(name: str) -> str:
    """``name`` as lists order it and searches compare it: its words, case folded, ё as е.

    PostgreSQL would take `ip/2` or `vk.com` for one word of a special kind.
    """
    folded = unicodedata.normalize("NFKC", name).casefold().replace("ё", "е")
    return _BETWEEN_WORDS.sub(" ", folded).strip()[:LONGEST_SEARCH_KEY]


class ContactQuerySet(models.QuerySet["Contact"]):
    def of(self, organisation: Organisation) -> "ContactQuerySet":
        return self.filter(organisation=organisation)


class Contact(models.Model):
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="contacts")
    name = models.CharField(_("name"), max_length=150)
    phone = models.CharField(
        _("phone"), max_length=15, validators=[RegexValidator(r"\A[0-9]{5,15}\Z")]
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    search_key = models.CharField(max_length=LONGEST_SEARCH_KEY, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "phone"],
                name="contact_phone_once",
                violation_error_message=_("There is a contact with this number already."),
            ),
            models.CheckConstraint(
                condition=Q(phone__regex=r"^[0-9]{5,15}$"), name="contact_phone_is_msisdn"
            ),
        ]
        indexes: ClassVar = [
            # The list: by name, keyset.
            models.Index(fields=["organisation", "search_key", "id"], name="contact_by_name"),
            # Search by the start of any word of the name.
            GinIndex(SearchVector("search_key", config="simple"), name="contact_words"),
            # Search by the start of the number.
            models.Index(
                fields=["organisation", "phone"],
                opclasses=["int8_ops", "varchar_pattern_ops"],
                name="contact_phone_prefix",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.search_key = search_key(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched

    @property
    def phone_display(self) -> str:
        return display(self.phone)


class Group(models.Model):
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="contact_groups")
    name = models.CharField(_("name"), max_length=100)
    contacts = models.ManyToManyField(
        Contact, blank=True, related_name="groups", verbose_name=_("contacts")
    )

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "name"],
                name="group_name_once",
                violation_error_message=_("There is a group of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name
