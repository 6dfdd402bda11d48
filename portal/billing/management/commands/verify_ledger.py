from typing import Any

from portal.audit.commands import ServiceCommand
from portal.billing.models import LedgerEntry
from portal.billing.services import sums_verify
from portal.core.errors import Refused


class Command(ServiceCommand):
    help = "Check that every balance is the sum of its ledger."

    def perform(self, **options: Any) -> str:
        if astray := sums_verify():
            raise Refused("\n".join(map(_describe, astray)))
        return f"ok: {LedgerEntry.objects.count()} entries"


def _describe(organisation_id: int) -> str:
    return f"organisation {organisation_id}: the balance is not the sum of the ledger"
