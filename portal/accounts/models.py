"""Organisations and the people who sign in."""

import zoneinfo
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.defaults import default_countries, validate_time_zone
from portal.accounts.rights import RIGHTS, Right, Role


class Currency(models.TextChoices):
    RUB = "RUB", _("Russian rouble")
    BYN = "BYN", _("Belarusian rouble")
    KZT = "KZT", _("Kazakhstani tenge")
    USD = "USD", _("US dollar")
    EUR = "EUR", _("euro")


class Plan(models.TextChoices):
    UNLIMITED = "unlimited", _("unlimited")
    PREPAID = "prepaid", _("prepaid")


class Organisation(models.Model):
    """The tenant: every member, contact, sender name and message belongs to exactly one."""

    name = models.CharField(pgettext_lazy("organisation", "name"), max_length=200)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Moscow", validators=[validate_time_zone]
    )
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.RUB)
    price_per_segment = models.DecimalField(
        _("price per segment"),
        max_digits=10,
        decimal_places=4,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
    )
    plan = models.CharField(_("plan"), max_length=16, choices=Plan, default=Plan.UNLIMITED)
    allowed_countries = ArrayField(
        models.CharField(max_length=2, validators=[RegexValidator(r"\A[A-Z]{2}\Z")]),
        verbose_name=_("allowed countries"),
        default=default_countries,
        help_text=_("Two-letter country codes, comma-separated: RU,BY"),
    )
    segment_ceiling = models.PositiveSmallIntegerField(
        _("most segments in one SMS"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(255)],
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"),
                name="organisation_name_once",
                violation_error_message=_("There is an organisation of this name already."),
            ),
            models.CheckConstraint(
                condition=Q(price_per_segment__gte=0), name="organisation_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(segment_ceiling__gte=1), name="organisation_ceiling_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def is_prepaid(self) -> bool:
        return self.plan == Plan.PREPAID


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in by e-mail: a member of one organisation, or platform staff."""

    email = models.EmailField(
        _("e-mail"),
        unique=True,
        error_messages={"unique": _("There is a user with this address already.")},
    )
    name = models.CharField(_("name"), max_length=150, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("organisation"),
    )
    role = models.CharField(_("role"), max_length=16, choices=Role, blank=True)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Switch off instead of deleting.")
    )
    is_staff = models.BooleanField(_("administrator"), default=False)
    must_change_password = models.BooleanField(_("one-time password"), default=False)
    date_joined = models.DateTimeField(_("joined"), auto_now_add=True)

    objects = UserManager()

    EMAIL_FIELD = USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering: ClassVar = ["email"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(email=Lower(F("email"))),
                name="user_email_lower_case",
                violation_error_message=_("Write the e-mail address in small letters."),
            ),
            models.CheckConstraint(
                condition=Q(organisation__isnull=True, role="")
                | Q(organisation__isnull=False, role__in=Role.values),
                name="user_role_in_organisation",
                violation_error_message=_("A member needs both an organisation and a role."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        self.email = self.email.lower()

    def may(self, right: Right) -> bool:
        """Whether an active member's role grants the right; False outside an organisation."""
        return self.is_active and bool(self.role) and right in RIGHTS[Role(self.role)]

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)
