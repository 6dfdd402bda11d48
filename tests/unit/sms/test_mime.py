from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.mime import plain_text
from sms.reader import LetterUnreadable, ReadingFault, read_mail
from tests.unit.sms.examples import GOLDEN, GOLDEN_BODY

BODY = GOLDEN_BODY.decode("cp1251")


def mail(content_type: str, payload: bytes, transfer_encoding: str = "8bit") -> bytes:
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {transfer_encoding}\r\n\r\n"
    return b"From: a@b\r\nMIME-Version: 1.0\r\n" + head.encode() + payload


def fault_of(raw: bytes) -> ReadingFault:
    with pytest.raises(LetterUnreadable) as caught:
        plain_text(raw)
    return caught.value.code


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "utf-8", "UTF8", "cp1251"])
@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
def test_every_usual_charset_and_encoding_is_read(charset: str, encoding: str) -> None:
    message = EmailMessage(policy=SMTP)
    message.set_content(BODY, charset=charset, cte=encoding)
    assert read_mail(message.as_bytes()) == GOLDEN


def test_the_plain_part_of_outlooks_alternatives_is_taken() -> None:
    message = EmailMessage(policy=SMTP)
    message.set_content(BODY, charset="koi8-r")
    message.add_alternative("<p>другое</p>", subtype="html")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="logo.png")
    assert read_mail(message.as_bytes()) == GOLDEN


def test_an_attached_text_file_is_not_the_letter() -> None:
    message = EmailMessage(policy=SMTP)
    message.add_attachment(BODY, filename="letter.txt")
    assert fault_of(message.as_bytes()) is ReadingFault.NO_PLAIN_PART


def test_html_only_is_refused_as_such() -> None:
    assert fault_of(mail("text/html; charset=utf-8", BODY.encode())) is ReadingFault.HTML_ONLY


@pytest.mark.parametrize("charset", ["nosuch", "unicode_escape", "rot13", "utf-7", "idna"])
def test_an_unknown_charset_is_refused(charset: str) -> None:
    assert fault_of(mail(f"text/plain; charset={charset}", b"a")) is ReadingFault.UNKNOWN_CHARSET


@pytest.mark.parametrize(
    "raw",
    [
        mail("text/plain; charset=utf-8", b"\xcf\xf0"),
        mail("text/plain", b"\xcf\xf0"),
        mail("text/plain; charset=windows-1251", b"\x98"),
        mail("text/plain; charset=utf-8", b"a", "x-uuencode"),
        mail("text/plain; charset=utf-8", b"YQ=YQ", "base64"),
        mail("text/plain; charset=utf-8", b"!YWJj", "base64"),
    ],
)
def test_what_cannot_be_decoded_is_refused(raw: bytes) -> None:
    assert fault_of(raw) is ReadingFault.UNDECODABLE


def test_lines_broken_by_the_mail_program_are_joined() -> None:
    flowed = mail("text/plain; charset=utf-8; format=flowed", b"one \r\ntwo\r\n  three\r\n-- \r\nx")
    assert plain_text(flowed) == "one two\n three\n-- \nx"
    delsp = mail("text/plain; charset=utf-8; format=flowed; delsp=yes", b"one \r\ntwo")
    assert plain_text(delsp) == "onetwo"


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda raw: mail("text/plain", raw)))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        text = plain_text(raw)
    except LetterUnreadable:
        return
    assert isinstance(text, str)
