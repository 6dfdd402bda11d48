"""From an envelope to the bytes of its e-mail."""

from portal.delivery.models import Envelope, GatewayAccount
from sms import letter as letters
from sms import stationery
from sms.letter import Letter, TransferEncoding
from sms.secret import Secret
from sms.stationery import Order

__all__ = ["Order", "Stationery", "letter_preview", "mail_bytes"]

PREVIEW_PASSWORD = Secret("preview")


class Stationery(stationery.Stationery):
    """Writes the e-mails of an account with its credentials of this moment.

    Raises ``sms.letter.LetterRefused``, which never holds the password, for what the account
    holds; `mail_bytes` raises it for what the order holds.
    """

    def __init__(self, account: GatewayAccount) -> None:
        assert account.sms_password is not None, "the database has it for every account"
        super().__init__(
            sms_user=account.sms_user,
            password=account.sms_password,
            mail_from=account.from_address,
            mailbox=account.mailbox,
            transfer_encoding=TransferEncoding(account.transfer_encoding),
        )


def letter_of(envelope: Envelope, account: GatewayAccount) -> Letter:
    """The four fields and the text, with the account's credentials of this moment."""
    assert account.sms_password is not None, "the database has it for every account"
    return Letter(
        sms_user=account.sms_user,
        password=account.sms_password,
        sender=envelope.message.sender_value,
        numbers=tuple(recipient.phone for recipient in envelope.recipients.all()),
        text=envelope.message.text,
    )


def mail_bytes(
    envelope: Envelope, account: GatewayAccount, *, server_has_8bitmime: bool
) -> tuple[bytes, bool]:
    """The whole e-mail (RFC 5322, CRLF, not dot-stuffed) and whether it needs 8BITMIME.

    Raises ``sms.letter.LetterRefused``, which never holds the password.
    """
    body = letters.write(letter_of(envelope, account))
    chosen = letters.choose_transfer_encoding(
        TransferEncoding(account.transfer_encoding),
        server_has_8bitmime=server_has_8bitmime,
        body=body,
    )
    mail = letters.Envelope(
        mail_from=account.from_address,
        mailbox=account.mailbox,
        message_id=envelope.message_id_header,
        date=envelope.message.created_at,
        letter_body=body,
    )
    return letters.render(mail, chosen), chosen is TransferEncoding.EIGHT_BIT


def letter_preview(
    account: GatewayAccount, *, sender: str, numbers: tuple[str, ...], text: str
) -> str:
    """The decoded letter as the operator would read it, with the password masked.

    Raises ``sms.letter.LetterRefused``.
    """
    letter = Letter(
        sms_user=account.sms_user,
        password=PREVIEW_PASSWORD,
        sender=sender,
        numbers=numbers,
        text=text,
    )
    return letters.mask(letters.write(letter))
