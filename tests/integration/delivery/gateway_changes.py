"""Gateway accounts as administrators change them, and what the audit trail says of it."""

from typing import Any

from portal.accounts.models import Organisation
from portal.audit.models import Action, Event
from portal.delivery.gateways import gateway_set
from portal.delivery.models import GatewayAccount
from tests.factories import AdministratorFactory, OrganisationFactory


def set_up(organisation: Organisation | None = None, **changes: object) -> GatewayAccount:
    return gateway_set(
        organisation=organisation or OrganisationFactory(),
        actor=AdministratorFactory(),
        changes=changes,
    )


def details_of(account: GatewayAccount, action: Action) -> Any:
    return Event.objects.get(action=action, object_id=str(account.pk)).details
