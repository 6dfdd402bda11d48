"""Fresh key material for an installation."""

from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key


def new_secret_key() -> str:
    """A signing key for sessions and reset links."""
    return get_random_secret_key()


def new_encryption_key() -> str:
    """A Fernet key (32 octets, url-safe base64) for passwords at rest."""
    return Fernet.generate_key().decode("ascii")


def is_encryption_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
