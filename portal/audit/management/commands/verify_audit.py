from typing import Any

from portal.audit.commands import ServiceCommand
from portal.audit.models import Chain, Event
from portal.audit.services import Fault, verify
from portal.core.errors import Refused


class Command(ServiceCommand):
    help = "Check that no audit event was changed, forged or taken out."

    def perform(self, **options: Any) -> str:
        faults = list(verify())
        if faults:
            raise Refused("\n".join(_describe(fault) for fault in faults))
        return f"ok: {Chain.objects.count()} chains, {Event.objects.count()} events"


def _describe(fault: Fault) -> str:
    chain = f"organisation {fault.organisation_id}" if fault.organisation_id else "platform"
    return f"{chain}: event {fault.sequence}: {fault.reason}"
