"""Why a mailing is held or could not be prepared: codes, and words that say what to do."""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Failure(StrEnum):
    AUTHOR_DISABLED = "author_disabled"
    SENDER_NOT_APPROVED = "sender_not_approved"
    NO_GATEWAY = "no_gateway"
    NOT_ENOUGH_MONEY = "not_enough_money"
    TEXT_REFUSED = "text_refused"
    LACKS_VALUES = "lacks_values"
    NOBODY = "nobody"
    SHEET_UNREADABLE = "sheet_unreadable"
    TOO_LATE_FOR_SOME = "too_late_for_some"
    WORKERS_DIE = "workers_die"


_WORDS: Mapping[str, Promise | str] = {
    Failure.AUTHOR_DISABLED: _("Its author may no longer send. A manager can release it."),
    Failure.SENDER_NOT_APPROVED: _(
        "Its sender name is no longer approved. Choose another one, or have it approved again."
    ),
    Failure.NO_GATEWAY: _(
        "Your organisation has no gateway account yet. Ask the administrator to set it up."
    ),
    Failure.NOT_ENOUGH_MONEY: _(
        "The balance does not cover it. Top it up, then release the mailing."
    ),
    Failure.TEXT_REFUSED: _("The text or one of its placeholders is refused. Open it and mend it."),
    Failure.LACKS_VALUES: _(
        "Some recipients lack a value for a placeholder. Give it a default, or leave them out."
    ),
    Failure.NOBODY: _("Nobody is left whom it could be sent to."),
    Failure.SHEET_UNREADABLE: _(
        "The spreadsheet is damaged or too long further down. Split it or save it anew, "
        "and upload that."
    ),
    Failure.TOO_LATE_FOR_SOME: _(
        "For some recipients the hours of sending begin after the time of “not after”. "
        "Choose a later one."
    ),
    Failure.WORKERS_DIE: _("It failed again and again. Split it and try its parts."),
}


def failure_words(code: str) -> str:
    """The sentence for a code of ``Failure``, "" for none."""
    return str(_WORDS[code]) if code else ""
