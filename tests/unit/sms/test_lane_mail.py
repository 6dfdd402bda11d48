import pytest

from sms.lane import Mail
from sms.secret import ConfidentialBytes

ADDRESSES = ("a@acme.example", "sms@operator.example")


def test_a_mail_holds_its_content_as_the_wire_has_it() -> None:
    mail = Mail(*ADDRESSES, b"Subject: SMS\r\n\r\n.x", eight_bit=True)
    assert mail.body == b"Subject: SMS\r\n\r\n..x\r\n"
    assert mail.octets == 18


@pytest.mark.parametrize(
    ("addresses", "content", "message"),
    [
        (("a@b>\r\nDATA", "c@d"), b"x\r\n", "address"),
        (("a@b", "c@d\r\nRCPT TO:<e@f>"), b"x\r\n", "address"),
        (("a@b", "c@d"), b"a\n.\nMAIL FROM:<x@y>\r\n", "bare"),
        (("a@b", "c@d"), b"a\r.\r\n", "bare"),
    ],
)
def test_nothing_can_be_smuggled_into_the_talk(
    addresses: tuple[str, str], content: bytes, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Mail(*addresses, content, eight_bit=False)


def test_a_mail_does_not_show_its_content() -> None:
    mail = Mail(*ADDRESSES, ConfidentialBytes(b"Password=s3cret\r\n"), eight_bit=False)
    assert "s3cret" not in f"{mail!r} {mail.body!r} {mail}"
