"""The site's sections, as far as the member's role opens them."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import User
from portal.accounts.rights import Right


@dataclass(frozen=True)
class Section:
    url_name: str
    label: str | Promise
    right: Right

    @property
    def namespace(self) -> str:
        return self.url_name.partition(":")[0]


SECTIONS = (
    Section("messaging:compose", pgettext_lazy("menu", "New message"), Right.SEND),
    Section("templates:templates", pgettext_lazy("menu", "Templates"), Right.SEE_OWN_MESSAGES),
    Section("history:messages", _("History"), Right.SEE_OWN_MESSAGES),
    Section("contacts:contacts", _("Contacts"), Right.SEE_CONTACTS),
    Section("senders:sender_names", _("Sender names"), Right.SEE_SENDER_NAMES),
    Section("members:members", _("Members"), Right.SEE_MEMBERS),
)


def sections(request: HttpRequest) -> dict[str, list[Section]]:
    """Template context: ``sections`` that this user may open, in order."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or user.must_change_password:
        return {"sections": []}
    return {"sections": [section for section in SECTIONS if user.may(section.right)]}
