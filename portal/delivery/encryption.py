"""Moving stored secrets to a new encryption key."""

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import models, transaction

from portal.accounts.administrators import refuse_unless_administrator
from portal.accounts.models import User
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.core.errors import Refused
from portal.core.fields import EncryptedField


@transaction.atomic
def secrets_reencrypt(*, actor: User | None) -> int:
    """Write every stored secret anew, encrypted with the first of ``PORTAL_ENCRYPTION_KEYS``;
    returns how many. Raises ``Refused`` where one of them opens with none of the keys."""
    refuse_unless_administrator(actor)
    try:
        count = sum(_rewrite(model) for model in apps.get_models())
    except InvalidToken:
        raise Refused(
            "A stored secret was encrypted with a key that is not in PORTAL_ENCRYPTION_KEYS."
        ) from None
    event_record(
        action=Action.CHANGED,
        actor=actor,
        organisation_id=None,
        object_label="encryption key",
        details={"secrets": count},
    )
    return count


def _rewrite(model: type[models.Model]) -> int:
    names = [field.name for field in model._meta.local_fields if isinstance(field, EncryptedField)]
    count = 0
    if names:
        for row in model._base_manager.select_for_update(no_key=True).order_by("pk"):
            row.save(update_fields=names)
            count += sum(getattr(row, name) is not None for name in names)
    return count
