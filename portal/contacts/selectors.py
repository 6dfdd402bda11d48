"""Reads of contacts and groups that pages share."""

from django.db.models import IntegerField, OuterRef, QuerySet, Subquery

from portal.accounts.models import Organisation
from portal.contacts.models import Contact, Group
from portal.core.keyset import KeysetPage, keyset_page

MOST_COUNTED = 10_000


class _CountRows(Subquery):
    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def groups_with_size(organisation: Organisation) -> QuerySet[Group]:
    """Groups with ``size``, their number of contacts, at most ``MOST_COUNTED`` + 1."""
    links = Group.contacts.through.objects.filter(group=OuterRef("pk")).values("pk")
    counted = _CountRows(links[: MOST_COUNTED + 1])
    return Group.objects.filter(organisation=organisation).annotate(size=counted)


def members_page(group: Group, *, cursor: str | None) -> KeysetPage[Contact]:
    """The group's contacts: by name, or over ``MOST_COUNTED`` as they were added to the list.

    Along a million names a big group's members may come last.
    """
    members = Contact.objects.filter(organisation=group.organisation_id, groups=group)
    links = Group.contacts.through.objects.filter(group=group)
    if links[: MOST_COUNTED + 1].count() > MOST_COUNTED:
        return keyset_page(members, fields=("id",), cursor=cursor)
    return keyset_page(members, cursor=cursor, sorts=True)
