"""Where an author's tests go."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User


class OwnNumber(models.Model):
    """The number that a member sends tests of their texts to: E.164 digits."""

    member = models.OneToOneField(
        User, models.CASCADE, primary_key=True, related_name="own_number", verbose_name=_("member")
    )
    phone = models.CharField(_("phone"), max_length=15)

    def __str__(self) -> str:
        return self.phone
