"""Who and what a command's arguments name; commands have no sign-in, so they say who acts."""

from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.core.errors import Refused


def organisation_named(name: str) -> Organisation:
    """Raises ``Refused`` where there is none; capitals do not matter."""
    organisation = Organisation.objects.filter(name__iexact=name.strip()).first()
    if organisation is None:
        raise Refused(_("There is no organisation “%(name)s”.") % {"name": name})
    return organisation


def active_user(email: str) -> User:
    """Raises ``Refused`` where the address is nobody's, or its user is switched off."""
    user = User.objects.select_related("organisation").filter(email=email.strip().lower()).first()
    if user is None or not user.is_active:
        raise Refused(_("There is no active user %(email)s.") % {"email": email})
    return user
