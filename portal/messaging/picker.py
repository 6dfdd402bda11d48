"""Picking contacts and groups as recipients: the search, and those picked already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.accounts.models import User
from portal.contacts.lists.search import search_condition, search_page
from portal.contacts.models import Contact, Group
from portal.contacts.selectors import MOST_COUNTED, groups_of
from portal.contacts.stop_list.reads import numbers_stopped
from portal.messaging.picked import Picked

MOST_FOUND = 8
MOST_QUERY_CHARACTERS = 100


@dataclass(frozen=True)
class Choice:
    """A contact or a group as the form offers it; ``field`` is the form field it goes into,
    ``warning`` why nothing would be sent to it."""

    field: str
    pk: int
    label: str
    detail: str
    whose: str
    warning: str = ""


def choices(member: User, picked: Picked) -> list[Choice]:
    """Those picked, groups first; ids that the member does not see are left out."""
    groups = groups_of(member).filter(pk__in=picked.group_ids).order_by("name", "id")
    contacts = Contact.objects.visible_to(member).in_use().filter(pk__in=picked.contact_ids)
    return [*_of_groups(groups), *_of_contacts(member, contacts.order_by("search_key", "id"))]


def find(member: User, query: str, picked: Picked) -> list[Choice]:
    """Up to 8 groups and 8 contacts that the member sees and has not picked yet: by words of the
    name or by the number. A blank query offers groups alone."""
    query = _plain(query)
    groups = groups_of(member).filter(name__icontains=query).exclude(pk__in=picked.group_ids)
    found = _of_groups(groups.order_by("name", "id")[:MOST_FOUND])
    if not query:
        return found
    size = MOST_FOUND + len(picked.contact_ids)
    contacts = search_page(member=member, query=query, size=size).items
    unpicked = [contact for contact in contacts if contact.pk not in picked.contact_ids]
    return [*found, *_of_contacts(member, unpicked[:MOST_FOUND])]


def is_picked(member: User, query: str, picked: Picked) -> bool:
    """Whether any of the picked is what ``find`` looks for by ``query``."""
    query = _plain(query)
    groups = Group.objects.visible_to(member).filter(pk__in=picked.group_ids)
    if groups.filter(name__icontains=query).exists():
        return True
    sought = search_condition(member=member, query=query, now=timezone.now())
    return Contact.objects.filter(sought, pk__in=picked.contact_ids).exists()


def _plain(query: str) -> str:
    return query[:MOST_QUERY_CHARACTERS].replace("\0", "").strip()


def _of_contacts(member: User, contacts: Iterable[Contact]) -> list[Choice]:
    people: Sequence[Contact] = list(contacts)
    assert member.organisation_id is not None, "who may send is a member"
    phones = [contact.phone for contact in people if contact.phone]
    stopped = numbers_stopped(member.organisation_id, phones)
    return [
        Choice(
            "contacts",
            contact.pk,
            str(contact),
            contact.phone_display if contact.name else "",
            _whose(contact),
            _warning(contact, is_stopped=contact.phone in stopped),
        )
        for contact in people
    ]


def _of_groups(groups: Iterable[Group]) -> list[Choice]:
    return [Choice("groups", group.pk, group.name, _size(group), _whose(group)) for group in groups]


def _whose(found: Contact | Group) -> str:
    """In Russian the words agree with what they say it of."""
    is_shared = found.owner_id is None
    if isinstance(found, Group):
        return pgettext("group", "shared") if is_shared else pgettext("group", "own")
    return pgettext("contact", "shared") if is_shared else pgettext("contact", "own")


def _warning(contact: Contact, *, is_stopped: bool) -> str:
    if not contact.phone:
        return _("no number")
    return _("on the stop list") if is_stopped else ""


def _size(group: Group) -> str:
    if group.is_filter:
        return _("saved filter")
    count: int = getattr(group, "size", 0)
    if count > MOST_COUNTED:
        return _("over %(count)s contacts") % {"count": number_format(MOST_COUNTED)}
    words = ngettext("%(count)s contact", "%(count)s contacts", count)
    return words % {"count": number_format(count, force_grouping=True)}
