from typing import Any

from portal.audit.commands import ServiceCommand
from portal.delivery.encryption import secrets_reencrypt


class Command(ServiceCommand):
    help = (
        "Encrypt every stored secret anew with the first of PORTAL_ENCRYPTION_KEYS; prints how "
        "many. The keys behind it may be taken away afterwards."
    )

    def perform(self, **options: Any) -> str:
        return str(secrets_reencrypt(actor=None))
