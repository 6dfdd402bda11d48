"""How many contacts there are, in words."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.contacts.selectors import MOST_COUNTED


def contacts_counted(count: int) -> str:
    """``count``: what ``count_up_to`` says."""
    if count > MOST_COUNTED:
        shown = number_format(MOST_COUNTED, force_grouping=True)
        return _("over %(count)s contacts") % {"count": shown}
    words = ngettext("%(count)s contact", "%(count)s contacts", count)
    return words % {"count": number_format(count, force_grouping=True)}
