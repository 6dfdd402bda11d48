"""E-mails by the thousand a second: what the letters of one account share is written once.

`sms.letter` says how a letter looks; here its parts are kept as long as they can be used again.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sms.letter import (
    TransferEncoding,
    address_lines,
    choose_transfer_encoding,
    credential_lines,
    date_line,
    join_body,
    join_mail,
    message_id_line,
    number_line,
    sender_line,
    text_lines,
)
from sms.secret import ConfidentialBytes, Secret

# Few messages are on their way at once; what falls out is written again in microseconds.
KEPT_SHEETS = 256


@dataclass(frozen=True, slots=True)
class EmailOrder:
    """One e-mail to write: MSISDN digits, a normalised text, a Message-ID in its angle brackets
    and the message's aware `date`. `is_personal`: no other e-mail is likely to have this text."""

    numbers: tuple[str, ...]
    sender: str
    text: str
    message_id: str
    date: datetime
    is_personal: bool = False


class _Sheet:
    """A message's letter with two blanks, the numbers and the Message-ID."""

    __slots__ = ("_fields", "_head", "_text", "encoding")

    def __init__(
        self, *, head: bytes, fields: bytes, text: bytes, encoding: TransferEncoding
    ) -> None:
        self._head = head
        self._fields = fields
        self._text = text
        self.encoding = encoding

    def filled(self, numbers: tuple[str, ...], message_id: str) -> bytes:
        body = join_body(self._fields, number_line(numbers), self._text)
        return join_mail(self._head, message_id_line(message_id), body, self.encoding)


class Stationery:
    """Writes the letters of one account.

    `__init__` raises LetterRefused for the account's credentials and addresses, `mail_bytes` for
    the order alone. Nothing of it shows the password, and what it keeps does not grow with the
    number of texts.
    """

    def __init__(
        self,
        *,
        sms_user: str,
        password: Secret,
        mail_from: str,
        mailbox: str,
        transfer_encoding: TransferEncoding,
    ) -> None:
        self._addresses = address_lines(mail_from, mailbox)
        self._credentials = credential_lines(sms_user, password)
        self._wanted = transfer_encoding
        self._sheet = lru_cache(KEPT_SHEETS)(self._new_sheet)
        self._frame = lru_cache(KEPT_SHEETS)(self._new_frame)

    def mail_bytes(self, order: EmailOrder, *, server_has_8bitmime: bool) -> tuple[bytes, bool]:
        """The whole e-mail (RFC 5322, CRLF, not dot-stuffed) and whether it needs 8BITMIME."""
        # Sheets of personal texts would only push those out that are used again.
        sheet_of = self._new_sheet if order.is_personal else self._sheet
        sheet = sheet_of(order.sender, order.text, order.date, server_has_8bitmime)
        mail = sheet.filled(order.numbers, order.message_id)
        return mail, sheet.encoding is TransferEncoding.EIGHT_BIT

    def _new_sheet(
        self, sender: str, text: str, date: datetime, server_has_8bitmime: bool
    ) -> _Sheet:
        lines = text_lines(text)
        head, fields = self._frame(sender, date)
        return _Sheet(
            head=head,
            fields=fields,
            text=lines,
            # Of a body's lines the text's alone may be long.
            encoding=choose_transfer_encoding(
                self._wanted, server_has_8bitmime=server_has_8bitmime, body=lines
            ),
        )

    def _new_frame(self, sender: str, date: datetime) -> tuple[bytes, bytes]:
        """What the letters of a message have in common, whatever their texts: head and fields."""
        fields = ConfidentialBytes(self._credentials + sender_line(sender))
        return self._addresses + date_line(date), fields
