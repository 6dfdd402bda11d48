"""Picking contacts and groups as recipients: the search, and those picked already."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Count, Q
from django.utils.translation import ngettext

from portal.accounts.models import Organisation
from portal.contacts.models import Contact, ContactQuerySet, Group, search_key

MOST_FOUND = 8
FEWEST_DIGITS = 3

_WORD = re.compile(r"\w+")


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
    groups = Group.objects.filter(organisation=organisation, pk__in=group_ids)
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

    An empty query offers groups alone.
    """
    groups = Group.objects.filter(organisation=organisation, name__icontains=query.strip())
    found = _of_groups(groups.exclude(pk__in=group_ids).order_by("name")[:MOST_FOUND])
    contacts = _matching(Contact.objects.of(organisation), query)
    if contacts is None:
        return found
    unpicked = contacts.exclude(pk__in=contact_ids).order_by("search_key", "id")
    return [*found, *_of_contacts(unpicked[:MOST_FOUND])]


def _matching(contacts: ContactQuerySet, query: str) -> ContactQuerySet | None:
    words = _WORD.findall(search_key(query))
    digits = "".join(re.findall(r"[0-9]", query))
    if len(digits) >= FEWEST_DIGITS and not re.search(r"[^\W\d_]", query):
        return contacts.filter(_by_number(digits))
    if not words:
        return None
    by_words = SearchQuery(
        " & ".join(f"{word}:*" for word in words), search_type="raw", config="simple"
    )
    return contacts.annotate(words=SearchVector("search_key", config="simple")).filter(
        words=by_words
    )


def _by_number(digits: str) -> Q:
    """Typed with or without the country code, with a Russian leading 8, or the start of either."""
    starts = Q(phone__startswith=digits) | Q(phone__startswith="7" + digits)
    return starts | Q(phone__startswith="7" + digits[1:]) if digits[0] == "8" else starts


def _of_contacts(contacts: Iterable[Contact]) -> list[Choice]:
    return [
        Choice("contacts", contact.pk, contact.name, contact.phone_display) for contact in contacts
    ]


def _of_groups(groups: Iterable[Group]) -> list[Choice]:
    listed = list(groups)
    sizes = dict(
        Group.contacts.through.objects.filter(group__in=listed)
        .values_list("group_id")
        .annotate(size=Count("contact_id"))
    )
    return [
        Choice("groups", group.pk, group.name, _people(sizes.get(group.pk, 0))) for group in listed
    ]


def _people(count: int) -> str:
    return ngettext("%(count)s contact", "%(count)s contacts", count) % {"count": count}
