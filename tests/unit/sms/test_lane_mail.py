import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.lane import Mail
from sms.secret import ConfidentialBytes

ADDRESSES = ("a@acme.example", "sms@operator.example")
CONTENTS = st.lists(st.sampled_from([b".", b"..", b"a", b"\r\n", b".\r\n", b"\r\n.\r\n"])).map(
    b"".join
)


def body_of(content: bytes) -> bytes:
    return Mail(*ADDRESSES, content, eight_bit=False).body


def unstuffed(data: bytes) -> bytes:
    """RFC 5321 4.5.2, as a server does it."""
    lines = data.split(b"\r\n")
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


def test_a_mail_holds_its_content_as_the_wire_has_it() -> None:
    mail = Mail(*ADDRESSES, b"Subject: SMS\r\n\r\n.x", eight_bit=True)
    assert mail.body == b"Subject: SMS\r\n\r\n..x\r\n"
    assert mail.octets == 18


@given(CONTENTS)
def test_what_was_stuffed_arrives_as_it_was(content: bytes) -> None:
    expected = content if content.endswith(b"\r\n") else content + b"\r\n"
    assert unstuffed(body_of(content)) == expected


@given(CONTENTS)
def test_no_line_of_the_body_ends_it(content: bytes) -> None:
    body = body_of(content)
    assert b"\r\n.\r\n" not in b"\r\n" + body
    assert body.endswith(b"\r\n")


@pytest.mark.parametrize("content", [b"a\n.\n", b"a\r", b"\r\r\n", b"\n\r", b"a\n\r\n"])
def test_bare_breaks_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="bare"):
        body_of(content)


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
