"""Rows of an import for all that speak of contacts of the author's own.

They are left as they are: a file of both, such as our own export, is no word that what one member
alone sees is to be seen by everybody.
"""

from collections.abc import Collection, Iterable

from portal.contacts.models import Contact, Import
from portal.contacts.models.contact import SHARED
from portal.core.prepared import numbers, rows_planned_now

_BY_NUMBER = """
    SELECT id, phone FROM contacts_contact own
     WHERE organisation_id = %(organisation)s AND shelf = %(author)s
       AND phone <> '' AND phone = ANY(%(phones)s::text[])
       AND NOT EXISTS (
           SELECT FROM contacts_contact shared
            WHERE shared.organisation_id = own.organisation_id AND shared.shelf = %(shared)s
              AND shared.phone = own.phone AND shared.phone <> '')
"""
_BY_NAME = """
    SELECT id, E'\\t' || name FROM contacts_contact own
     WHERE organisation_id = %(organisation)s AND shelf = %(author)s AND archived_at IS NULL
       AND search_key = ANY(%(keys)s::text[]) AND phone = '' AND name = ANY(%(names)s::text[])
       AND NOT EXISTS (
           SELECT FROM contacts_contact shared
            WHERE shared.organisation_id = own.organisation_id AND shared.shelf = %(shared)s
              AND shared.archived_at IS NULL AND shared.search_key = own.search_key
              AND shared.phone = '' AND shared.name = own.name)
"""


def own_ones(
    source: Import, phones: Iterable[str], names: Collection[tuple[str, str]]
) -> dict[str, int]:
    """Ids of the author's own contacts that an import for all speaks of, where no shared one is
    meant; by number, or without one by a tab and the name. ``names``: with their search keys, of
    rows without a number."""
    if source.owner_id is not None or not _has_own(source):
        return {}
    whose = {
        "organisation": source.organisation_id,
        "author": source.author_id,
        "shared": SHARED,
    }
    found = rows_planned_now(_BY_NUMBER, {**whose, "phones": numbers(phones)})
    if names:
        every, keys = zip(*names, strict=True)
        found += rows_planned_now(_BY_NAME, {**whose, "names": list(every), "keys": list(keys)})
    return {key: pk for pk, key in found}


def _has_own(source: Import) -> bool:
    own = Contact.objects.filter(organisation=source.organisation_id, shelf=source.author_id)
    return own.exists()
