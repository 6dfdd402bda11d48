"""The one e-mail that everybody here sends."""

from datetime import UTC, datetime

from sms.letter import TransferEncoding
from sms.secret import Secret
from sms.stationery import EmailOrder, Stationery

SENDER = "BENCH"
TEXT = "Ваш заказ готов. Ждём вас сегодня до 20:00, возьмите с собой паспорт."
MAIL_FROM, MAILBOX = "portal@example.com", "email2sms@example.org"
SMS_USER, SMS_PASSWORD = "bench", "benchmark-password"
FIRST_NUMBER = 79210000000


def letter() -> bytes:
    """What the portal sends for one recipient, byte for byte but for date and Message-ID."""
    stationery = Stationery(
        sms_user=SMS_USER,
        password=Secret(SMS_PASSWORD),
        mail_from=MAIL_FROM,
        mailbox=MAILBOX,
        transfer_encoding=TransferEncoding.EIGHT_BIT,
    )
    order = EmailOrder(
        numbers=(str(FIRST_NUMBER),),
        sender=SENDER,
        text=TEXT,
        message_id=f"<{'0' * 32}@example.com>",
        date=datetime.now(UTC),
    )
    return bytes(stationery.mail_bytes(order, server_has_8bitmime=True)[0])
