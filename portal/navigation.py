"""The site's sections, as far as the member's role opens them."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.messaging.approvals.selectors import waiting_for

MOST_COUNTED = 99


@dataclass(frozen=True)
class Section:
    """``beside``: the first parts of other addresses whose pages are reached from here."""

    url_name: str
    label: str | Promise
    right: Right
    beside: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether the page at ``path`` is one of this section's: their addresses begin alike."""
        first = path.split("/")[1]
        return first in self.beside or first == reverse(self.url_name).split("/")[1]


SECTIONS = (
    Section("messaging:compose", pgettext_lazy("menu", "New message"), Right.SEND),
    Section(
        "messaging:mailings",
        pgettext_lazy("menu", "Planned"),
        Right.SEE_OWN_MESSAGES,
        beside=("templates",),
    ),
    Section("history:messages", _("History"), Right.SEE_OWN_MESSAGES),
    Section("contacts:contacts", _("Contacts"), Right.SEE_CONTACTS),
    Section("senders:sender_names", _("Sender names"), Right.SEE_SENDER_NAMES),
    Section("members:members", _("Members"), Right.SEE_MEMBERS),
)


def sections(request: HttpRequest) -> dict[str, object]:
    """Template context: ``sections`` that this user may open, in order, and which of them is
    ``current_section``; how many mailings wait for this user's word, asked where a page says so."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or user.must_change_password:
        return {"sections": []}
    opened = [section for section in SECTIONS if user.may(section.right)]
    waiting = SimpleLazyObject(lambda: waiting_for(user)[:MOST_COUNTED].count())
    current = next((section for section in opened if section.holds(request.path)), None)
    return {"sections": opened, "current_section": current, "approvals_waiting": waiting}
