"""The commands that name an e-mail's sender and recipient (RFC 5321 4.1.1, 1870, 6152)."""

from functools import lru_cache
from typing import NamedTuple

from sms.address import is_address


class EnvelopeLines(NamedTuple):
    """MAIL still without the SIZE and the line break, RCPT whole."""

    mail: bytes
    rcpt: bytes

    def mail_command(self, octets: int | None) -> bytes:
        """MAIL, with the SIZE of the content where `octets` tells it."""
        if octets is None:
            return self.mail + b"\r\n"
        return b"%b SIZE=%d\r\n" % (self.mail, octets)


@lru_cache(maxsize=256)
def envelope_lines(mail_from: str, mailbox: str, eight_bit: bool) -> EnvelopeLines:
    """Raises ValueError for what is no plain address. Cached: an account's e-mails share one."""
    if not (is_address(mail_from) and is_address(mailbox)):
        raise ValueError("no plain e-mail address")
    body = " BODY=8BITMIME" if eight_bit else ""
    return EnvelopeLines(
        f"MAIL FROM:<{mail_from}>{body}".encode("ascii"),
        f"RCPT TO:<{mailbox}>\r\n".encode("ascii"),
    )
