"""The e-mails of a gateway account, and what its letters look like."""

from portal.delivery.models import GatewayAccount
from sms import stationery
from sms.letter import Letter, TransferEncoding, mask, write
from sms.secret import Secret

_PREVIEW_PASSWORD = Secret("preview")


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


def letter_preview(
    account: GatewayAccount, *, sender: str, numbers: tuple[str, ...], text: str
) -> str:
    """The decoded letter as the operator would read it, with the password masked.

    Raises ``sms.letter.LetterRefused``.
    """
    letter = Letter(
        sms_user=account.sms_user,
        password=_PREVIEW_PASSWORD,
        sender=sender,
        numbers=numbers,
        text=text,
    )
    return mask(write(letter))
