"""Reads of an organisation's own fields."""

from portal.accounts.models import User
from portal.contacts.groups.conditions import ConditionsBroken, conditions_read
from portal.contacts.models import Contact, ContactField, Group
from portal.contacts.search_words import quoted, value_lexeme
from portal.contacts.selectors import MOST_COUNTED


def contacts_with_value(field: ContactField) -> int:
    """How many contacts, of all members and archived ones too, have anything in the field; at most
    ``MOST_COUNTED`` + 1."""
    any_value = quoted(value_lexeme(field.organisation_id, field.pk, "")) + ":*"
    having = Contact.objects.filter(organisation=field.organisation_id, lexemes__holds=any_value)
    return having.order_by()[: MOST_COUNTED + 1].count()


def filters_asking(field: ContactField, member: User) -> list[Group]:
    """Saved filters that the member sees and that ask about the field."""
    filters = Group.objects.visible_to(member).filter(conditions__isnull=False)
    return [group for group in filters if field.pk in _fields_of(group)]


def _fields_of(group: Group) -> frozenset[int]:
    try:
        return frozenset(conditions_read(group.conditions).fields)
    except ConditionsBroken:
        return frozenset()
