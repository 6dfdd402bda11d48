"""Who is platform staff, asked the same way by every service."""

from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.core.errors import Refused


def is_administrator(user: User) -> bool:
    return user.is_staff and user.is_active


def refuse_unless_administrator(actor: User | None) -> None:
    """``actor`` None is a command, which whoever may run commands on the server started."""
    if actor is not None and not is_administrator(actor):
        raise Refused(_("Only an administrator may do this."))
