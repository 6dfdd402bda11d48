"""Model fields of the project's own."""

from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from sms.secret import Secret

if TYPE_CHECKING:
    SecretTextField = models.TextField[Secret | None, Secret | None]
else:
    SecretTextField = models.TextField


@cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """Encrypts with the first of ``PORTAL_ENCRYPTION_KEYS``, decrypts with any of them."""
    return _cipher(tuple(settings.ENCRYPTION_KEYS))


class EncryptedField(SecretTextField):
    """A ``Secret`` in Python, a Fernet token in the database, an empty string where unset.

    Two encryptions of one value differ, so the field cannot be searched or compared in SQL.
    """

    description = _("Encrypted text")

    def from_db_value(self, value: str | None, *_: object) -> Secret | None:
        return Secret(cipher().decrypt(value.encode("ascii")).decode()) if value else None

    def to_python(self, value: Any) -> Secret | None:
        if value is None or isinstance(value, Secret):
            return value
        raise ValidationError("A secret is given as sms.secret.Secret")

    def get_prep_value(self, value: Any) -> str | None:
        secret = self.to_python(value)
        if secret is None:
            return "" if not self.null else None
        return cipher().encrypt(secret.reveal().encode()).decode("ascii")

    def value_to_string(self, obj: models.Model) -> str:
        """Dumps hold the token, never the secret."""
        return self.get_prep_value(self.value_from_object(obj)) or ""
