"""What is said of numbers that came on the stop list."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import ngettext

from portal.contacts.stop_list.services import StopsAdded


def tell_added(request: HttpRequest, added: StopsAdded) -> None:
    if added.added:
        words = ngettext(
            "%(count)s number has been put on the stop list.",
            "%(count)s numbers have been put on the stop list.",
            added.added,
        )
        messages.success(request, words % {"count": added.added})
    if added.known:
        words = ngettext(
            "%(count)s number was on the stop list already.",
            "%(count)s numbers were on the stop list already.",
            added.known,
        )
        messages.info(request, words % {"count": added.known})
