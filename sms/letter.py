"""The e-mail that orders an SMS, written byte by byte (wire-format page; RFC 5322, 2045, 2047).

Joining bytes by hand is hundreds of times cheaper than the email package, which the tests use to
read the result back.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum

from sms.address import is_address
from sms.batching import MAX_LINE_OCTETS
from sms.charset import is_sendable
from sms.refusal import Refusal
from sms.secret import ConfidentialBytes, Secret
from sms.sender import SenderRefused, check_sender
from sms.text import TextRefused, check_text, strip_blank_lines

_NUMBERS = re.compile(r"[0-9]{1,15}(?:,[0-9]{1,15})*")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,120}@[A-Za-z0-9._-]{1,120}>")
_BREAK_OR_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONG_LINE = re.compile(rb"[^\n]{%d}" % (MAX_LINE_OCTETS + 2))
_PASSWORD_LINE = re.compile(
    r"^([^\S\r\n]*password[^\S\r\n]*=)[^\r\n]*", re.IGNORECASE | re.MULTILINE
)


class LetterFault(StrEnum):
    EMPTY_FIELD = "empty_field"
    CONTROL_CHARACTER = "control_character"
    OUTER_SPACE = "outer_space"
    UNSENDABLE = "unsendable"
    LINE_TOO_LONG = "line_too_long"
    BAD_SENDER = "bad_sender"
    BAD_NUMBER = "bad_number"
    BAD_TEXT = "bad_text"
    BAD_ADDRESS = "bad_address"
    BAD_MESSAGE_ID = "bad_message_id"


class LetterRefused(Refusal):
    """`data`: `field`, the name of what was wrong; `fault` where a part had a fault of its own."""

    subject = "letter"
    code: LetterFault


class TransferEncoding(StrEnum):
    EIGHT_BIT = "8bit"
    QUOTED_PRINTABLE = "quoted-printable"
    BASE64 = "base64"


_MIME_LINES = {
    encoding: (
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=windows-1251\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n"
        "\r\n"
    ).encode("ascii")
    for encoding in TransferEncoding
}


@dataclass(frozen=True)
class Letter:
    """One order: the operator's credentials, a sender name, MSISDN digits and a normalised text."""

    sms_user: str
    password: Secret
    sender: str
    numbers: tuple[str, ...]
    text: str


def write(letter: Letter) -> bytes:
    """The decoded body: four field lines, then the text; windows-1251, CRLF after every line.

    Raises LetterRefused for anything that could add, change or lose a field.
    """
    # The text comes first, so that no encoding error can ever quote a password beside it.
    text = text_lines(letter.text)
    fields = ConfidentialBytes(
        credential_lines(letter.sms_user, letter.password) + sender_line(letter.sender)
    )
    return join_body(fields, number_line(letter.numbers), text)


def mask(body: bytes) -> str:
    """The body for a preview: decoded, with `••••••` in place of the password."""
    return _PASSWORD_LINE.sub(r"\1••••••", body.decode("cp1251", errors="replace"))


def choose_transfer_encoding(
    wanted: TransferEncoding, *, server_has_8bitmime: bool, body: bytes
) -> TransferEncoding:
    """`wanted`, or quoted-printable in place of 8bit where a line is over 998 octets or the server
    has no 8BITMIME."""
    fits = server_has_8bitmime and not _LONG_LINE.search(body)
    if wanted is TransferEncoding.EIGHT_BIT and not fits:
        return TransferEncoding.QUOTED_PRINTABLE
    return wanted


def credential_lines(sms_user: str, password: Secret) -> bytes:
    """The first two fields of a body. Raises LetterRefused."""
    return ConfidentialBytes(_field("SmsUser", Secret(sms_user)) + _field("Password", password))


def sender_line(sender: str) -> bytes:
    """The third field of a body. Raises LetterRefused."""
    try:
        return _field("SourceAddress", Secret(check_sender(sender)))
    except SenderRefused as refused:
        raise LetterRefused(
            LetterFault.BAD_SENDER, field="SourceAddress", fault=refused.code
        ) from None


def number_line(numbers: tuple[str, ...]) -> bytes:
    """The fourth field of a body. Raises LetterRefused."""
    joined = ",".join(numbers)
    # A comma inside one of the numbers would make two of it.
    well_formed = _NUMBERS.fullmatch(joined) and joined.count(",") == len(numbers) - 1
    if numbers and not well_formed:
        raise LetterRefused(LetterFault.BAD_NUMBER, field="PhoneNumber")
    fault = _length_fault("PhoneNumber", joined)
    if fault is not None:
        raise LetterRefused(fault, field="PhoneNumber")
    return f"PhoneNumber={joined}\r\n".encode("ascii")


def text_lines(text: str) -> bytes:
    """The normalised text as it ends a body. Raises LetterRefused."""
    try:
        check_text(text)
    except TextRefused as refused:
        raise LetterRefused(LetterFault.BAD_TEXT, field="text", fault=refused.code) from None
    if strip_blank_lines(text) != text:
        raise LetterRefused(LetterFault.BAD_TEXT, field="text")
    return f"{text}\n".replace("\n", "\r\n").encode("cp1251")


def join_body(fields: bytes, numbers: bytes, text: bytes) -> bytes:
    return ConfidentialBytes(b"".join((fields, numbers, text)))


def address_lines(mail_from: str, mailbox: str) -> bytes:
    """The header's lines that tell nothing of a message. Raises LetterRefused."""
    for name, address in (("From", mail_from), ("To", mailbox)):
        if not is_address(address):
            raise LetterRefused(LetterFault.BAD_ADDRESS, field=name)
    return f"From: <{mail_from}>\r\nTo: <{mailbox}>\r\nSubject: SMS\r\n".encode("ascii")


def date_line(date: datetime) -> bytes:
    return f"Date: {format_datetime(date.astimezone(UTC))}\r\n".encode("ascii")


def message_id_line(message_id: str) -> bytes:
    """Raises LetterRefused."""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise LetterRefused(LetterFault.BAD_MESSAGE_ID, field="Message-ID")
    return f"Message-ID: {message_id}\r\n".encode("ascii")


def join_mail(
    head: bytes, message_id: bytes, body: bytes, transfer_encoding: TransferEncoding
) -> bytes:
    """The e-mail of checked parts; `head` is the addresses' lines and the date's."""
    encoded = ConfidentialBytes(_transfer_encoded(body, transfer_encoding))
    return ConfidentialBytes(b"".join((head, message_id, _MIME_LINES[transfer_encoding], encoded)))


def _transfer_encoded(body: bytes, encoding: TransferEncoding) -> bytes:
    if encoding is TransferEncoding.QUOTED_PRINTABLE:
        return binascii.b2a_qp(body, istext=True)
    if encoding is TransferEncoding.BASE64:
        return base64.encodebytes(body).replace(b"\n", b"\r\n")
    return body


def _field(name: str, value: Secret) -> bytes:
    """One line; the value stays wrapped, so that no refusal's traceback can show it."""
    fault = _field_fault(name, value.reveal())
    if fault is not None:
        raise LetterRefused(fault, field=name)
    return ConfidentialBytes(f"{name}={value.reveal()}\r\n".encode("cp1251"))


def _field_fault(name: str, value: str) -> LetterFault | None:
    if _BREAK_OR_CONTROL.search(value):
        return LetterFault.CONTROL_CHARACTER
    if not is_sendable(value):
        return LetterFault.UNSENDABLE
    # Whoever reads the field takes spaces off its ends, and would try another password.
    if value.strip() != value:
        return LetterFault.OUTER_SPACE
    return _length_fault(name, value)


def _length_fault(name: str, value: str) -> LetterFault | None:
    if not value:
        return LetterFault.EMPTY_FIELD
    too_long = len(name) + 1 + len(value) > MAX_LINE_OCTETS
    return LetterFault.LINE_TOO_LONG if too_long else None
