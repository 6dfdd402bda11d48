"""Whom a mailing to each one's birthday can be for."""

from django.utils.translation import gettext as _

from portal.core.errors import Refused
from portal.messaging.models import Mailing
from portal.messaging.picked import Picked
from portal.messaging.plans.recurrence import Birthdays, Recurrence


def check_birthday_people(mailing: Mailing) -> None:
    """Only contacts have birthdays: of a mailing to them, raises ``Refused`` (``sheet``,
    ``numbers``) where others are picked too."""
    if mailing.repeats is None:
        return
    if not isinstance(Recurrence.from_dict(mailing.repeats).rule, Birthdays):
        return
    if mailing.sheet_id:
        raise Refused(
            _("A spreadsheet’s rows have no birthdays. Import it into contacts first."),
            field="sheet",
        )
    if Picked.from_dict(mailing.picked).typed.strip():
        raise Refused(
            _("Nobody knows when the owners of typed numbers were born. Pick contacts instead."),
            field="numbers",
        )
