"""The e-mail addresses that the protocol and the headers may carry."""

import re

# RFC 5321 4.1.2 dot-string and domain or address literal; no quoted strings, no UTF-8, and so
# nothing that could end a command or a header.
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9._-]{1,189}|\[[A-Za-z0-9.:]{1,64}\])"
)


def is_address(value: str) -> bool:
    """Whether `value` is a plain ASCII address, at most 254 characters, safe in SMTP commands."""
    return _ADDRESS.fullmatch(value) is not None
