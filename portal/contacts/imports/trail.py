"""What the audit trail learns of imports: how many, never who."""

from collections.abc import Mapping

from portal.audit.models import Action
from portal.audit.services import event_record
from portal.contacts.models import Import


def record(source: Import, action: Action, details: Mapping[str, object]) -> None:
    """As done by the import's author; the file's name may be a person's, and stays out."""
    event_record(
        action=action,
        actor=source.author,
        organisation_id=source.organisation_id,
        obj=source,
        object_label=f"import {source.pk}",
        details={"target": source.target, **details},
    )
