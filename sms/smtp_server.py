"""Which SMTP server to talk to, and whom to trust."""

import re
import ssl
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from sms.secret import Secret

# The longest wait for the answer to QUIT, which nobody needs.
FAREWELL_SECONDS = 2.0
_HELO = re.compile(r"[A-Za-z0-9.:_\[\]-]{1,255}")


class Security(StrEnum):
    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True)
class Server:
    """Where and how to connect. `timeout` bounds each command, `dot_timeout` the answer to the
    dot (seconds); `ca_file` is a PEM file of authorities trusted besides the system's.

    Raises ValueError for a HELO name that is none, and for a login without a password.
    """

    host: str
    port: int
    security: Security
    user: str | None = None
    password: Secret | None = None
    helo: str = "localhost"
    timeout: float = 30.0
    dot_timeout: float = 600.0
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        if not is_helo_name(self.helo):
            raise ValueError("helo is no host name")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")


def is_helo_name(name: str) -> bool:
    """Whether EHLO can announce us as `name`: a host name or an address literal."""
    return bool(_HELO.fullmatch(name))


@lru_cache(maxsize=16)
def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Trusts the system's authorities and those of `ca_file`. Raises OSError for a bad file.

    Cached, for reading the system's authorities takes longer than a whole e-mail.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context
