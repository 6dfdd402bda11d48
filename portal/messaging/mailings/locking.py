"""The row of a mailing, held by whoever decides about it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from portal.accounts.models import User
from portal.core.errors import Conflict, Refused
from portal.messaging.models import OVER, Mailing, Stage

# A worker holds the row while it writes a batch, and for up to a minute while it submits.
_PATIENCE = "3s"


def locked(mailing: Mailing, actor: User, *stages: Stage) -> Mailing:
    """The mailing as it is now, until the transaction ends. Raises ``Refused`` where the actor does
    not see it, ``Conflict`` where it is in none of the ``stages`` or a worker is at it for long."""
    rows = Mailing.objects.visible_to(actor).select_for_update(no_key=True, of=("self",))
    with _waiting_briefly():
        found = rows.select_related("organisation", "author").filter(pk=mailing.pk).first()
    if found is None:
        raise Refused(_("There is no such mailing any more."))
    if found.stage not in stages:
        raise _moved_on(found)
    return found


@contextmanager
def _waiting_briefly() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
        try:
            yield
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            raise Conflict(_("The mailing is being worked on. Try again in a moment.")) from None
        cursor.execute("SET LOCAL lock_timeout = DEFAULT")


def _moved_on(mailing: Mailing) -> Conflict:
    if mailing.stage in OVER:
        return Conflict(
            _("It is too late for that: the mailing is %(stage)s.")
            % {"stage": mailing.get_stage_display()}
        )
    return Conflict(_("The mailing has gone on meanwhile. Look at it again."))
