"""Typed readers of the environment, for ``portal/settings.py`` alone.

Each variable has a ``_FILE`` twin that names a file holding the value. A value that cannot be
meant raises ``ImproperlyConfigured`` with the variable's name, and never with the value: it may
hold a password.
"""

import logging
import re
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from sms.smtp_server import is_helo_name

env = FileAwareEnv()
_BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")
_FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("", "0", "false", "no", "off"), False),
}


def text(name: str, *, default: str = "") -> str:
    """Without spaces at its ends."""
    # As it stands: `env.str` takes a value that begins with `$` for another variable's name.
    return str(env.ENVIRON.get(name, default)).strip()


def listed(name: str) -> list[str]:
    """Comma-separated; unset: empty."""
    return [one.strip() for one in text(name).split(",") if one.strip()]


def required_in_server_mode(name: str) -> str:
    if not (value := text(name)):
        raise ImproperlyConfigured(f"{name} (or {name}_FILE) must be set when DATABASE_URL is set")
    return value


def flag(name: str) -> bool:
    """``1 true yes on`` or ``0 false no off``; unset: False."""
    value = text(name).lower()
    if value not in _FLAGS:
        raise ImproperlyConfigured(f"{name} must be true or false")
    return _FLAGS[value]


def whole_number(name: str, *, default: int, at_least: int) -> int:
    value = text(name, default=str(default))
    if not (value.isascii() and value.isdecimal()) or int(value) < at_least:
        raise ImproperlyConfigured(f"{name} must be a whole number, {at_least} or more")
    return int(value)


def bearer_token(name: str) -> str:
    """As RFC 6750 2.1 spells it, long enough not to be guessed; unset: empty."""
    value = text(name)
    if value and not _BEARER_TOKEN.fullmatch(value):
        raise ImproperlyConfigured(f"{name} must be 16 or more letters, digits and -._~+/=")
    return value


def log_level(name: str) -> str:
    level = text(name, default="INFO").upper()
    if level not in logging.getLevelNamesMapping():
        raise ImproperlyConfigured(f"{name} must be DEBUG, INFO, WARNING, ERROR or CRITICAL")
    return level


def web_address(name: str, *, default: str) -> str:
    """``http://…`` or ``https://…`` without a slash at its end."""
    address = text(name, default=default).rstrip("/")
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_web = False
    if not is_web:
        raise ImproperlyConfigured(f"{name} must be an address like https://sms.example.com")
    return address


def host_name(name: str, *, default: str) -> str:
    value = text(name, default=default)
    if not is_helo_name(value):
        raise ImproperlyConfigured(f"{name} must be a host name like sms.example.com")
    return value


def postgres_database(name: str) -> dict[str, Any]:
    """Django's settings of the database that ``postgres://USER:PASSWORD@HOST:PORT/NAME`` is."""
    wanted = f"{name} must be an address like postgres://user:password@host:5432/name"
    return _parsed(name, {"postgres", "postgresql"}, env.db_url, wanted)


def mail_server(name: str) -> dict[str, Any]:
    """Django's settings ``EMAIL_…`` of a mail server's address; unset: mail goes into files."""
    if not text(name):
        return dict(env.email_url_config("filemail:"))
    wanted = f"{name} must be an address like smtp+tls://user:password@host:587"
    return _parsed(name, env.EMAIL_SCHEMES, env.email_url, wanted)


def _parsed(
    name: str, schemes: Collection[str], parse: Callable[[str], dict[str, Any]], wanted: str
) -> dict[str, Any]:
    if text(name).partition(":")[0].lower() not in schemes:
        raise ImproperlyConfigured(wanted)
    try:
        return dict(parse(name))
    except (ValueError, ImproperlyConfigured):
        raise ImproperlyConfigured(wanted) from None
