"""What became of a bulk action, in words."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.contacts.bulk.effects import Skip
from portal.contacts.models import BulkAction, BulkKind

SKIPS = {
    Skip.GONE.value: _("Deleted meanwhile, or not yours to change"),
    Skip.ALREADY.value: _("It was so already"),
    Skip.NUMBERLESS.value: _("Without a number"),
    Skip.NUMBER_SHARED.value: _("A shared contact has the number already"),
    Skip.OWN_IN_SHARED_GROUP.value: _("Your own contact, which no shared group may have"),
}


def done_words(action: BulkAction) -> str:
    count = action.done_count
    return _DONE[BulkKind(action.kind)](count) % {"count": count}


_DONE: Mapping[BulkKind, Callable[[int], str]] = {
    BulkKind.ADD_TO_GROUP: lambda count: ngettext(
        "%(count)s contact has been added to the group.",
        "%(count)s contacts have been added to the group.",
        count,
    ),
    BulkKind.TAKE_OUT_OF_GROUP: lambda count: ngettext(
        "%(count)s contact has left the group.", "%(count)s contacts have left the group.", count
    ),
    BulkKind.SHARE: lambda count: ngettext(
        "%(count)s contact is shared now.", "%(count)s contacts are shared now.", count
    ),
    BulkKind.ARCHIVE: lambda count: ngettext(
        "%(count)s contact is in the archive now.",
        "%(count)s contacts are in the archive now.",
        count,
    ),
    BulkKind.RESTORE: lambda count: ngettext(
        "%(count)s contact is in use again.", "%(count)s contacts are in use again.", count
    ),
    BulkKind.STOP: lambda count: ngettext(
        "%(count)s number is on the stop list now.",
        "%(count)s numbers are on the stop list now.",
        count,
    ),
    BulkKind.DELETE: lambda count: ngettext(
        "%(count)s contact has been deleted.", "%(count)s contacts have been deleted.", count
    ),
}
