"""An e-mail in the form in which a lane writes it."""

from sms.secret import ConfidentialBytes
from sms.smtp_envelope import envelope_lines


class Mail:
    """An e-mail ready to be written, on any lane whose server can carry it; never changed.

    `content` is the message with CRLF breaks, not dot-stuffed. Raises ValueError for an address or
    a content that would break the protocol. Its repr shows nothing of the content.
    """

    __slots__ = ("body", "eight_bit", "lines", "octets")

    def __init__(self, mail_from: str, mailbox: str, content: bytes, eight_bit: bool) -> None:
        self.lines = envelope_lines(mail_from, mailbox, eight_bit)
        self.eight_bit = eight_bit
        self.octets = len(content)
        self.body = _dot_stuffed(content)


def _dot_stuffed(content: bytes) -> bytes:
    """The content as DATA carries it (RFC 5321 4.5.2), ending in CRLF, without the closing dot.

    Raises ValueError for a bare CR or LF, which servers disagree about (SMTP smuggling).
    """
    pairs = content.count(b"\r\n")
    if content.count(b"\n") != pairs or content.count(b"\r") != pairs:
        raise ValueError("content has a bare CR or LF")
    first = b"." if content.startswith(b".") else b""
    last = b"" if content.endswith(b"\r\n") else b"\r\n"
    return ConfidentialBytes(first + content.replace(b"\r\n.", b"\r\n..") + last)
