"""The yardstick of a submit: the same recipients written by ``bulk_create(1000)``."""

import time

from django.db import connection, transaction

from portal.delivery.models import Recipient

_BATCH = 1000


def bulk_create_seconds(message_id: int) -> float:
    """Seconds that Django takes for the message's recipients, in the same table.

    Foreign keys are checked within that time, as a commit would; nothing of it stays.
    """
    with transaction.atomic():
        recipients = _taken_out(message_id)
        begun = time.monotonic()
        Recipient.objects.bulk_create(recipients, batch_size=_BATCH)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        seconds = time.monotonic() - begun
        transaction.set_rollback(True)
    return seconds


def _taken_out(message_id: int) -> list[Recipient]:
    names = [
        field.attname
        for field in Recipient._meta.concrete_fields
        if not field.primary_key and not field.generated
    ]
    rows = Recipient.objects.filter(message=message_id)
    values = list(rows.values_list(*names))
    rows.delete()
    return [Recipient(**dict(zip(names, row, strict=True))) for row in values]
