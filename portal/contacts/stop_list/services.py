"""Writes to the stop list: numbers that an organisation, or the whole platform, sends nothing to.

The audit trail learns which entries by id and count alone: numbers stay out.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.contacts.models import StopListEntry, StopSource
from portal.core.errors import Conflict, Refused
from portal.core.prepared import rows, rows_planned_now

_ADD = """
    INSERT INTO contacts_stoplistentry
           (organisation_id, phone, reason, source, added_by_id, created_at)
    SELECT %(organisation)s::bigint, phone, reason, %(source)s, %(actor)s, %(now)s
      FROM unnest(%(phones)s::text[], %(reasons)s::text[]) AS given (phone, reason)
     ORDER BY phone
        -- Changes nothing, but locks: whatever undoes an entry waits, or has undone it before.
        ON CONFLICT ON CONSTRAINT stop_list_phone_once DO UPDATE SET phone = EXCLUDED.phone
         WHERE false
    RETURNING id
"""
_NOBODYS_TO_UNDO = """
    DELETE FROM contacts_importedentry i USING contacts_stoplistentry s
     WHERE s.organisation_id = %(organisation)s AND s.phone = ANY(%(phones)s::text[])
       AND i.entry_id = s.id
"""
# Digits of any script, whatever stands between that is no letter.
_WRITTEN_NUMBER = re.compile(r"\d(?:[\W_]*\d){4,}")


@dataclass(frozen=True, slots=True)
class StopsAdded:
    """``known``: how many numbers were on the list already; their entries stay as they are, and
    no undo of an import takes them off any more."""

    entry_ids: list[int]
    known: int

    @property
    def added(self) -> int:
        return len(self.entry_ids)


def stop_list_add(
    *,
    organisation: Organisation | None,
    phones: Collection[str],
    reason: str,
    source: StopSource,
    actor: User,
) -> StopsAdded:
    """``phones``: E.164 digits. ``organisation`` None: for the whole platform, which only an
    administrator may. Raises ``Refused``."""
    return stop_list_add_each(
        organisation=organisation,
        reasons=dict.fromkeys(phones, reason),
        source=source,
        actor=actor,
    )


@transaction.atomic
def stop_list_add_each(
    *,
    organisation: Organisation | None,
    reasons: Mapping[str, str],
    source: StopSource,
    actor: User,
) -> StopsAdded:
    """The same with a reason for each number; ``reasons``: by E.164 digits."""
    _refuse_unless_may_add(organisation, actor)
    found = rows(
        _ADD,
        {
            "organisation": organisation.pk if organisation else None,
            "phones": list(reasons),
            "reasons": list(reasons.values()),
            "source": source.value,
            "actor": actor.pk,
            "now": timezone.now(),
        },
    )
    result = StopsAdded([pk for (pk,) in found], known=len(reasons) - len(found))
    if result.known and organisation is not None:
        asked_for = {"organisation": organisation.pk, "phones": list(reasons)}
        rows_planned_now(_NOBODYS_TO_UNDO, asked_for)
    if result.added:
        details = {"added": result.added, "known": result.known, "source": source.value}
        only = result.entry_ids[0] if result.added == 1 else None
        _record(Action.CREATED, organisation, actor, details, entry_id=only)
    return result


@transaction.atomic
def stop_list_remove(*, entry: StopListEntry, reason: str, actor: User) -> None:
    """The number may be sent to again. ``reason``: why, for the audit trail. Raises ``Refused``
    where there is none or the actor may not, ``Conflict`` where the entry is gone."""
    _refuse_unless_may_remove(entry, actor)
    if not reason.strip():
        raise Refused(_("Say why the number may be sent to again."), field="reason")
    deleted, _by_model = StopListEntry.objects.filter(pk=entry.pk).delete()
    if not deleted:
        raise Conflict(_("The number has been taken off the stop list meanwhile."))
    details = {"reason": _WRITTEN_NUMBER.sub("…", reason.strip())}
    _record(Action.DELETED, entry.organisation, actor, details, entry_id=entry.pk)


@transaction.atomic
def stop_list_take_back(
    *, organisation: Organisation, entry_ids: Collection[int], actor: User
) -> int:
    """Undo entries that the actor's own import made; returns how many were still there. Raises
    ``Refused``."""
    _refuse_unless_may_add(organisation, actor)
    made = StopListEntry.objects.filter(
        organisation=organisation, added_by=actor, source=StopSource.IMPORT, pk__in=entry_ids
    )
    deleted, _by_model = made.delete()
    if deleted:
        _record(Action.DELETED, organisation, actor, {"taken_back": deleted})
    return deleted


def _refuse_unless_may_add(organisation: Organisation | None, actor: User) -> None:
    if organisation is None:
        _refuse_unless_administrator(actor)
    elif actor.organisation_id != organisation.pk or not actor.may(Right.EDIT_CONTACTS):
        raise Refused(_("Your role does not change the stop list."))


def _refuse_unless_may_remove(entry: StopListEntry, actor: User) -> None:
    if entry.organisation_id is None:
        _refuse_unless_administrator(actor)
    elif actor.organisation_id != entry.organisation_id or not actor.may(Right.EDIT_STOP_LIST):
        raise Refused(_("Only a manager takes numbers off the stop list."))


def _refuse_unless_administrator(actor: User) -> None:
    if not actor.is_staff or not actor.is_active:
        raise Refused(_("Only an administrator changes the portal’s stop list."))


def _record(
    action: Action,
    organisation: Organisation | None,
    actor: User,
    details: Mapping[str, object],
    *,
    entry_id: int | None = None,
) -> None:
    """``entry_id``: where it is about one entry. Its own words would tell the number."""
    event_record(
        action=action,
        actor=actor,
        organisation_id=organisation.pk if organisation else None,
        obj=StopListEntry(pk=entry_id) if entry_id else None,
        object_label=f"stop list entry {entry_id}" if entry_id else "stop list",
        details=details,
    )
