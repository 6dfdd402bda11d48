"""Texts that are sent as they are written, to everybody the same."""

from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.contacts.placeholders import placeholders_of
from portal.core.errors import Refused
from sms.placeholders import find_names


def refuse_placeholders(author: User, text: str) -> None:
    """Nobody shall get a literal ``{name}``. Raises ``Refused`` (field ``text``) where ``text`` has
    a placeholder that the author's organisation knows; other braces are just braces."""
    names = find_names(text)
    if not names:
        return
    assert author.organisation is not None, "who may send is a member"
    known = placeholders_of(author.organisation).by_name
    if found := next((known[name] for name in names if name in known), None):
        words = _(
            "“%(placeholder)s” would be sent as it stands here. Texts with placeholders are sent "
            "from the page of a new message."
        )
        raise Refused(words % {"placeholder": found.written}, field="text")
