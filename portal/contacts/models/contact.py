"""A person whom the organisation writes to."""

from collections.abc import Collection
from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import RegexValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Lookup, Q
from django.db.models.functions import Coalesce, Right
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation, User
from portal.contacts.search_words import LONGEST_SEARCH_KEY, lexemes, search_key
from sms.phone import display

LONGEST_NAME = 150
LONGEST_NAME_PART = 80
LONGEST_NOTE = 500
SEARCHED_ENDING = 4
# The shelf of what all members of the organisation share; a member's own is the member's id.
SHARED = 0


def composed_name(*, surname: str, given_name: str, patronymic: str) -> str:
    """The name in one, as lists and histories show it: surname, given name, patronymic."""
    return " ".join(part for part in (surname, given_name, patronymic) if part)


@SearchVectorField.register_lookup
class Holds(Lookup):
    """``lexemes__holds="'7:anna' & '7:pet':*"``: PostgreSQL's tsquery as it is, not as a text to be
    cut into words."""

    lookup_name = "holds"

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"{lhs} @@ {rhs}::tsquery", (*lhs_params, *rhs_params)


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, member: User) -> "ContactQuerySet":
        """The organisation's shared contacts and the member's own, archived ones too."""
        return self.filter(organisation=member.organisation_id, shelf__in=(SHARED, member.pk))

    def on_shelves(self, organisation: Organisation, shelves: Collection[int]) -> "ContactQuerySet":
        return self.filter(organisation=organisation, shelf__in=shelves)

    def in_use(self) -> "ContactQuerySet":
        """Those that are not archived."""
        return self.filter(archived_at=None)


class Contact(models.Model):
    """Shared by the organisation's members, or of its ``owner`` alone.

    ``shelf``: 0 where it is shared, else the owner's id. ``phone``: E.164 digits, "" for none.
    ``field_values``: by id of the organisation's field, as text: a date as ISO 8601, a number as
    decimal digits with a point; nothing for an empty one. ``changed_at``: when a person or an
    import last changed what it says.
    """

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, db_index=False, related_name="contacts"
    )
    owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="own_contacts",
        verbose_name=_("owner"),
    )
    shelf = models.GeneratedField(
        expression=Coalesce(F("owner"), SHARED),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    surname = models.CharField(_("surname"), max_length=LONGEST_NAME_PART, blank=True)
    given_name = models.CharField(_("given name"), max_length=LONGEST_NAME_PART, blank=True)
    patronymic = models.CharField(_("patronymic"), max_length=LONGEST_NAME_PART, blank=True)
    name = models.CharField(_("name"), max_length=LONGEST_NAME, editable=False)
    phone = models.CharField(
        _("phone"),
        max_length=15,
        blank=True,
        db_collation="C",
        validators=[RegexValidator(r"\A[0-9]{5,15}\Z")],
    )
    note = models.CharField(_("note"), max_length=LONGEST_NOTE, blank=True)
    field_values = models.JSONField(_("fields"), default=dict, blank=True)
    search_key = models.CharField(max_length=LONGEST_SEARCH_KEY, db_collation="C", editable=False)
    lexemes = SearchVectorField(editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    # No foreign key to the database, which would look the same import up for each row.
    imported_by = models.ForeignKey(
        "contacts.Import",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        related_name="made",
        verbose_name=_("import"),
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints: ClassVar = [
            # Serves searches by the start of the number too.
            models.UniqueConstraint(
                fields=["organisation", "shelf", "phone"],
                condition=~Q(phone=""),
                name="contact_phone_once",
                violation_error_message=_("There is a contact with this number already."),
            ),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=r"^[0-9]{5,15}$"),
                name="contact_phone_is_msisdn",
            ),
            models.CheckConstraint(condition=~Q(name="") | ~Q(phone=""), name="contact_not_empty"),
        ]
        indexes: ClassVar = [
            # The list of a shelf: by name, keyset.
            models.Index(
                fields=["organisation", "shelf", "search_key", "id"],
                condition=Q(archived_at=None),
                name="contact_by_name",
            ),
            # Whom no message can reach.
            models.Index(
                fields=["organisation", "shelf"],
                condition=Q(phone="", archived_at=None),
                name="contact_numberless",
            ),
            # Search by the last digits of a number.
            models.Index(
                F("organisation"),
                F("shelf"),
                Right("phone", SEARCHED_ENDING),
                condition=~Q(phone=""),
                name="contact_phone_ending",
            ),
            # The archive, latest first.
            models.Index(
                fields=["organisation", "shelf", "-archived_at", "-id"],
                condition=Q(archived_at__isnull=False),
                name="contact_archive",
            ),
            # Search by the start of any word of the name, and by values of fields.
            GinIndex(fields=["lexemes"], name="contact_lexemes"),
            # Saved filters: who was added lately. Rows lie as they came, so that it costs an import
            # next to nothing.
            BrinIndex(fields=["created_at"], autosummarize=True, name="contact_added"),
            # The undo of an import.
            models.Index(
                fields=["imported_by", "id"],
                condition=Q(imported_by__isnull=False),
                name="contact_of_import",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.phone_display

    def save(self, *args: object, **kwargs: object) -> None:
        self.derive()
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched

    def derive(self) -> None:
        """Set what follows from the rest; ``bulk_create`` needs it first."""
        self.name = composed_name(
            surname=self.surname, given_name=self.given_name, patronymic=self.patronymic
        )
        self.search_key = search_key(self.name)
        self.lexemes = lexemes(self.organisation_id, self.search_key, self.field_values)

    @property
    def is_shared(self) -> bool:
        return self.owner_id is None

    @property
    def phone_display(self) -> str:
        return display(self.phone) if self.phone else ""
