"""The one e-mail that everybody here sends."""

from datetime import UTC, datetime

from sms.letter import Envelope, Letter, TransferEncoding, render, write
from sms.secret import Secret

SENDER = "BENCH"
TEXT = "Ваш заказ готов. Ждём вас сегодня до 20:00, возьмите с собой паспорт."
MAIL_FROM, MAILBOX = "portal@example.com", "email2sms@example.org"
SMS_USER, SMS_PASSWORD = "bench", "benchmark-password"
FIRST_NUMBER = 79210000000


def letter() -> bytes:
    """What the portal sends for one recipient, byte for byte but for date and Message-ID."""
    order = Letter(
        sms_user=SMS_USER,
        password=Secret(SMS_PASSWORD),
        sender=SENDER,
        numbers=(str(FIRST_NUMBER),),
        text=TEXT,
    )
    envelope = Envelope(
        mail_from=MAIL_FROM,
        mailbox=MAILBOX,
        message_id=f"<{'0' * 32}@example.com>",
        date=datetime.now(UTC),
        letter_body=write(order),
    )
    return bytes(render(envelope, TransferEncoding.EIGHT_BIT))
