"""Letters, envelopes and their strategies shared by the tests of the core."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from sms.letter import Envelope, Letter
from sms.secret import Secret
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


def envelope_of(
    body: bytes = GOLDEN_BODY,
    *,
    mail_from: str = "sms@acme.example",
    mailbox: str = "email2sms@operator.example",
    message_id: str = "<1.2@acme.example>",
) -> Envelope:
    date = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return Envelope(mail_from, mailbox, message_id, date, body)


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
