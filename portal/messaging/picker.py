"""Picking contacts and groups as recipients: the search, and those picked already."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.models import Organisation
from portal.contacts.models import Contact, Group
from portal.contacts.search import search_page
from portal.contacts.selectors import MOST_COUNTED, groups_with_size

MOST_FOUND = 8
MOST_QUERY_CHARACTERS = 100


@dataclass(frozen=True)
class Choice:
    """A contact or a group as the form offers it; ``field`` is the form field it goes into."""

    field: str
    pk: int
    label: str
    detail: str


def picked(
    organisation: Organisation, *, contact_ids: Collection[int], group_ids: Collection[int]
) -> list[Choice]:
    """Groups first; ids of other organisations are left out."""
    groups = groups_with_size(organisation).filter(pk__in=group_ids)
    contacts = Contact.objects.of(organisation).filter(pk__in=contact_ids)
    return [*_of_groups(groups), *_of_contacts(contacts.order_by("search_key", "id"))]


def find(
    organisation: Organisation,
    query: str,
    *,
    contact_ids: Collection[int] = (),
    group_ids: Collection[int] = (),
) -> list[Choice]:
    """Up to 8 groups and 8 contacts not picked yet: by words of the name or by the number.

    A blank query offers groups alone.
    """
    query = _plain(query)
    groups = groups_with_size(organisation).filter(name__icontains=query)
    found = _of_groups(groups.exclude(pk__in=group_ids).order_by("name")[:MOST_FOUND])
    if not query:
        return found
    unpicked = Contact.objects.of(organisation).exclude(pk__in=contact_ids)
    contacts = search_page(unpicked, query, organisation=organisation, size=MOST_FOUND).items
    return [*found, *_of_contacts(contacts)]


def is_picked(
    organisation: Organisation,
    query: str,
    *,
    contact_ids: Collection[int],
    group_ids: Collection[int],
) -> bool:
    """Whether any of the picked is what ``find`` looks for by ``query``."""
    query = _plain(query)
    if groups_with_size(organisation).filter(pk__in=group_ids, name__icontains=query).exists():
        return True
    contacts = Contact.objects.of(organisation).filter(pk__in=contact_ids)
    return bool(
        search_page(contacts, query, organisation=organisation, size=1).items
    )


def _plain(query: str) -> str:
    return query[:MOST_QUERY_CHARACTERS].replace("\0", "").strip()


def _of_contacts(contacts: Iterable[Contact]) -> list[Choice]:
    return [
        Choice("contacts", contact.pk, contact.name, contact.phone_display) for contact in contacts
    ]


def _of_groups(groups: Iterable[Group]) -> list[Choice]:
    return [
        Choice("groups", group.pk, group.name, _people(getattr(group, "size", 0)))
        for group in groups
    ]


def _people(count: int) -> str:
    if count > MOST_COUNTED:
        return _("over %(count)s contacts") % {"count": MOST_COUNTED}
    return ngettext("%(count)s contact", "%(count)s contacts", count) % {"count": count}
