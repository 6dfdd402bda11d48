"""Bulk actions: what one person does to a selection, or to all that a search finds.

Up to ``MOST_AT_ONCE`` are gone through while the person waits, more in a worker; both by the same
steps, see ``bulk_work``.
"""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.contacts.bulk.effects import pickable_groups
from portal.contacts.bulk.work import bulk_go_on, bulk_over, refuse_unless_may_go_on
from portal.contacts.doorbell import ring_bulk
from portal.contacts.lists.query import ListQuery
from portal.contacts.lists.search import search_condition
from portal.contacts.models import BulkAction, BulkKind, BulkState, Contact, Group
from portal.contacts.selectors import count_up_to
from portal.core.errors import Refused

MOST_AT_ONCE = 1000
OF_A_GROUP = frozenset({BulkKind.ADD_TO_GROUP, BulkKind.TAKE_OUT_OF_GROUP})


def bulk_start(
    *,
    actor: User,
    kind: BulkKind,
    chosen: Collection[int] = (),
    matching: ListQuery | None = None,
    group: Group | None = None,
    reason: str = "",
) -> BulkAction:
    """For the contacts ``chosen``, the first ``MOST_AT_ONCE``, or for all that are ``matching``.

    ``group``: into which, or out of which; ``reason``: for the stop list. Over on return if there
    are few; otherwise a worker goes on. Raises ``Refused``, and ``FilterGone``.
    """
    organisation_id = refuse_unless_may_go_on(actor, actor.organisation_id)
    if kind in OF_A_GROUP and (group is None or group not in pickable_groups(actor)):
        raise Refused(_("Choose a group."), field="group")
    ids = sorted(set(chosen))[:MOST_AT_ONCE]
    action = BulkAction.objects.create(
        organisation_id=organisation_id,
        actor=actor,
        kind=kind,
        selection=_all_of(matching) if matching else {"ids": ids},
        argument={"group": group.pk} if group else {"reason": reason},
        total=count_matching(matching, most=MOST_AT_ONCE) if matching else len(ids),
    )
    if action.total > MOST_AT_ONCE:
        ring_bulk(action.pk)
    else:
        bulk_go_on(action.pk)
    action.refresh_from_db()
    return action


def count_matching(matching: ListQuery, *, most: int) -> int:
    """At most ``most`` + 1. Raises ``FilterGone``."""
    found = search_condition(
        member=matching.member,
        query=matching.text,
        filters=matching.filters,
        now=timezone.now(),
    )
    return count_up_to(Contact.objects.filter(found), most)


@transaction.atomic
def bulk_cancel(*, action: BulkAction, actor: User) -> None:
    """What has been done stays, and so does one that is over. Raises ``Refused``."""
    rows = BulkAction.objects.select_for_update(of=("self",), no_key=True)
    action = rows.get(pk=action.pk)
    if actor.pk != action.actor_id:
        raise Refused(_("This was begun by another member."))
    if action.state == BulkState.WAITING:
        bulk_over(action, BulkState.CANCELLED)


def _all_of(matching: ListQuery) -> dict[str, object]:
    """Who becomes a contact later was not meant."""
    last = Contact.objects.aggregate(last=Max("pk"))["last"]
    return {"search": dict(matching.given), "last": last or 0}
