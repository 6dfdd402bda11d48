"""The plain text of an e-mail, decoded by the MIME rules (RFC 2045, 2046, 3676)."""

import codecs
from email import message_from_bytes
from email.errors import MessageDefect
from email.message import MIMEPart
from email.policy import SMTP

from sms.unreadable import LetterUnreadable, ReadingFault

_TRANSFER_ENCODINGS = frozenset({"7bit", "8bit", "binary", "quoted-printable", "base64"})
# Named one by one, since Python's own list has codecs that are no charsets (`unicode_escape`).
_CHARSETS = frozenset(
    {"ascii", "cp1251", "koi8-r", "koi8-u", "utf-8", "iso8859-5", "iso8859-1", "cp1252", "cp866"}
)


def plain_text(raw: bytes) -> str:
    """The text/plain part of a raw e-mail. Raises LetterUnreadable; never guesses a charset."""
    try:
        message = message_from_bytes(raw, policy=SMTP)
        part = message.get_body(preferencelist=("plain",))
        if part is None:
            raise LetterUnreadable(_why_no_plain_part(message))
        return _decoded(part)
    except LetterUnreadable:
        raise
    except Exception as error:
        # The email package raises whatever it stumbles over in a hostile header.
        raise LetterUnreadable(ReadingFault.UNDECODABLE) from error


def _why_no_plain_part(message: MIMEPart) -> ReadingFault:
    html = message.get_body(preferencelist=("html",))
    return ReadingFault.NO_PLAIN_PART if html is None else ReadingFault.HTML_ONLY


def _decoded(part: MIMEPart) -> str:
    transfer_encoding = str(part.get("Content-Transfer-Encoding", "7bit")).strip().lower()
    if transfer_encoding not in _TRANSFER_ENCODINGS:
        raise LetterUnreadable(ReadingFault.UNDECODABLE)
    payload = part.get_payload(decode=True)
    defects: list[MessageDefect] = part.defects
    if not isinstance(payload, bytes) or defects:
        raise LetterUnreadable(ReadingFault.UNDECODABLE)
    try:
        text = payload.decode(_codec(part))
    except UnicodeDecodeError:
        raise LetterUnreadable(ReadingFault.UNDECODABLE) from None
    return _unflowed(text, part) if part.get_param("format") == "flowed" else text


def _codec(part: MIMEPart) -> str:
    charset = part.get_content_charset("us-ascii")
    try:
        codec = codecs.lookup(charset).name
    except LookupError:
        raise LetterUnreadable(ReadingFault.UNKNOWN_CHARSET) from None
    if codec not in _CHARSETS:
        raise LetterUnreadable(ReadingFault.UNKNOWN_CHARSET)
    return codec


def _unflowed(text: str, part: MIMEPart) -> str:
    """Joins the lines that the sender's mail program broke (RFC 3676 4.1, 4.4)."""
    drops_space = str(part.get_param("delsp", "no")).lower() == "yes"
    lines: list[str] = []
    continued = False
    for stuffed in text.replace("\r\n", "\n").split("\n"):
        line = stuffed.removeprefix(" ")
        soft = line.endswith(" ") and line != "-- "
        kept = line[:-1] if soft and drops_space else line
        if continued:
            lines[-1] += kept
        else:
            lines.append(kept)
        continued = soft
    return "\n".join(lines)
