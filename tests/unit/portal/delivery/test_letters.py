from dataclasses import replace

import pytest

from portal.delivery.letters import Stationery
from portal.delivery.models import GatewayAccount
from sms.letter import LetterFault, LetterRefused, TransferEncoding
from tests.unit.sms.examples import GOLDEN, MAIL_FROM, MAILBOX, email_of, order_of


def account_of(**changes: object) -> GatewayAccount:
    fields: dict[str, object] = {
        "from_address": MAIL_FROM,
        "mailbox": MAILBOX,
        "sms_user": GOLDEN.sms_user,
        "sms_password": GOLDEN.password,
    }
    return GatewayAccount(**(fields | changes))


@pytest.mark.parametrize("encoding", TransferEncoding)
def test_the_stationery_of_an_account_has_its_credentials_addresses_and_encoding(
    encoding: TransferEncoding,
) -> None:
    stationery = Stationery(account_of(transfer_encoding=encoding.value))
    assert stationery.mail_bytes(order_of(), server_has_8bitmime=True) == (
        email_of(encoding=encoding),
        encoding is TransferEncoding.EIGHT_BIT,
    )


def test_stationery_of_an_account_with_a_bad_login_is_refused() -> None:
    with pytest.raises(LetterRefused) as caught:
        Stationery(account_of(sms_user="a\nb"))
    assert caught.value.code is LetterFault.CONTROL_CHARACTER
    assert caught.value.data == {"field": "SmsUser"}


def test_a_bad_text_is_the_fault_of_the_order_and_not_of_the_account() -> None:
    stationery = Stationery(account_of())
    with pytest.raises(LetterRefused) as caught:
        stationery.mail_bytes(replace(order_of(), text="Password=1"), server_has_8bitmime=True)
    assert caught.value.data["field"] == "text"
