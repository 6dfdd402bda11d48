"""What was sent to one contact's number and what skipped it, as far as the member may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.contacts.models import Contact
from portal.core.keyset import KeysetPage
from portal.core.parts import render_part_or_page
from portal.delivery.models import Message
from portal.history.presenters import RecipientRow, SkipRow
from portal.history.to_number import messages_to, rows_to

SENT_PER_PAGE = 20


@dataclass(frozen=True)
class Sent:
    """Newest first. Reads the database as its parts are asked for, each once."""

    phone: str
    member: User
    cursor: str | None

    @cached_property
    def page(self) -> KeysetPage[Message]:
        return messages_to(self.phone, member=self.member, cursor=self.cursor, size=SENT_PER_PAGE)

    @cached_property
    def rows(self) -> Sequence[RecipientRow | SkipRow]:
        return rows_to(self.phone, self.page.items)


@require_safe
@requires(Right.SEE_OWN_MESSAGES)
def of_contact(request: MemberRequest, pk: int) -> HttpResponse:
    """404 for another organisation's contact, and for another member's own. A sender is shown
    their own messages. htmx gets the part alone."""
    contact = get_object_or_404(Contact.objects.visible_to(request.member), pk=pk)
    sent = Sent(contact.phone, request.member, request.GET.get("cursor"))
    context = {
        "contact": contact,
        "sent": sent,
        "page": sent.page,
        "sees_all": request.member.may(Right.SEE_ALL_MESSAGES),
    }
    return render_part_or_page(
        request,
        part="history/_of_contact.html",
        page="history/of_contact.html",
        context=context,
    )
