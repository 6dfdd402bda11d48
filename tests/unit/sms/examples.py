"""Letters, their e-mails and their strategies shared by the tests of the core."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from sms.letter import Letter, TransferEncoding
from sms.secret import Secret
from sms.stationery import EmailOrder, Stationery
from sms.text import TextRefused, prepare_text

GOLDEN = Letter(
    sms_user="acme",
    password=Secret("s3cret"),
    sender="ACME",
    numbers=("79210000000", "79111234567"),
    text="Привет, мир!",
)
GOLDEN_BODY = (
    b"SmsUser=acme\r\n"
    b"Password=s3cret\r\n"
    b"SourceAddress=ACME\r\n"
    b"PhoneNumber=79210000000,79111234567\r\n"
    b"\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0!\r\n"
)


MAIL_FROM, MAILBOX = "sms@acme.example", "email2sms@operator.example"


def stationery_of(
    letter: Letter = GOLDEN,
    encoding: TransferEncoding = TransferEncoding.EIGHT_BIT,
    *,
    mail_from: str = MAIL_FROM,
    mailbox: str = MAILBOX,
) -> Stationery:
    return Stationery(
        sms_user=letter.sms_user,
        password=letter.password,
        mail_from=mail_from,
        mailbox=mailbox,
        transfer_encoding=encoding,
    )


def order_of(letter: Letter = GOLDEN) -> EmailOrder:
    return EmailOrder(
        numbers=letter.numbers,
        sender=letter.sender,
        text=letter.text,
        message_id="<1.2@acme.example>",
        date=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


def email_of(
    letter: Letter = GOLDEN, encoding: TransferEncoding = TransferEncoding.EIGHT_BIT
) -> bytes:
    """The whole e-mail, for a server with 8BITMIME."""
    return stationery_of(letter, encoding).mail_bytes(order_of(letter), server_has_8bitmime=True)[0]


_CP1251 = bytes(range(32, 256)).decode("cp1251", errors="ignore").replace("\x7f", "")
_CREDENTIAL = st.text(alphabet=_CP1251, min_size=1, max_size=900).filter(
    lambda value: value == value.strip()
)


def _is_preparable(text: str) -> bool:
    try:
        return prepare_text(text) == text
    except TextRefused:
        return False


TEXTS = st.text(alphabet=_CP1251 + "\n\n....==", min_size=1, max_size=1200).filter(_is_preparable)
LETTERS = st.builds(
    Letter,
    sms_user=_CREDENTIAL,
    password=_CREDENTIAL.map(Secret),
    sender=st.from_regex(
        r"[A-Za-z]([A-Za-z0-9 ._&+!/-]{0,9}[A-Za-z0-9])?|[0-9]{1,15}", fullmatch=True
    ).filter(lambda value: value.lower() != "sms info"),
    numbers=st.lists(st.from_regex(r"[0-9]{1,15}", fullmatch=True), min_size=1, max_size=60).map(
        tuple
    ),
    text=TEXTS,
)
