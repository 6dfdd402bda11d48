"""Django's own sentences that the portal's catalogues word anew.

Django puts a noun into them as it stands, and Russian would need another case or gender. Naming
them here lets makemessages keep the portal's translations, which go before Django's.
"""

from django.utils.translation import gettext_noop

REWORDED = (
    gettext_noop("Add %s"),
    gettext_noop("Add %(name)s"),
    gettext_noop("Change %s"),
    gettext_noop("View %s"),
    gettext_noop("Select %s"),
    gettext_noop("Select %s to change"),
    gettext_noop("Select %s to view"),
    gettext_noop("The {name} “{obj}” was added successfully."),
    gettext_noop("The {name} “{obj}” was changed successfully."),
    gettext_noop("The {name} “{obj}” was changed successfully. You may edit it again below."),
)
