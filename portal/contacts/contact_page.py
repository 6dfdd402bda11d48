"""What the page of one contact shows."""

from dataclasses import dataclass
from functools import cached_property

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.contacts.fields.words import ShownValue, shown_values
from portal.contacts.models import Contact, Group, Import
from portal.contacts.stop_list.reads import Stop, stops_of


@dataclass(frozen=True)
class ContactPage:
    """``contact``: one that ``member`` sees. Reads the database as its parts are asked for, each
    once."""

    contact: Contact
    member: User

    @property
    def may_edit(self) -> bool:
        return self.member.may(Right.EDIT_CONTACTS)

    @cached_property
    def values(self) -> list[ShownValue]:
        assert self.member.organisation is not None
        return shown_values(self.contact, self.member.organisation.contact_fields.all())

    @cached_property
    def groups(self) -> list[Group]:
        """Those that the contact was picked into and that the member sees."""
        ids = self.contact.groups.values("pk")
        return list(Group.objects.visible_to(self.member).filter(pk__in=ids))

    @cached_property
    def stop(self) -> Stop | None:
        """Why nothing is sent to the number, None where it may be sent to."""
        phone = self.contact.phone
        return stops_of(self.contact.organisation_id, [phone]).get(phone) if phone else None

    @property
    def is_import_own(self) -> bool:
        """Whether the member may look at the import that the contact came from."""
        source: Import | None = self.contact.imported_by
        return source is not None and source.author_id == self.member.pk
