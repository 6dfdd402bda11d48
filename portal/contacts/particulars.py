"""What people write of a contact."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from portal.contacts.models import Contact
from portal.contacts.models.contact import composed_name

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Particulars:
    """``phone``: E.164 digits, "" for none. ``field_values``: by the field's id, none empty."""

    surname: str = ""
    given_name: str = ""
    patronymic: str = ""
    phone: str = ""
    note: str = ""
    field_values: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @classmethod
    def of(cls, contact: Contact) -> "Particulars":
        return cls(**{one.name: getattr(contact, one.name) for one in fields(cls)})

    @property
    def name(self) -> str:
        return composed_name(
            surname=self.surname, given_name=self.given_name, patronymic=self.patronymic
        )

    def put_on(self, contact: Contact) -> list[str]:
        """Make the contact say so; what differed, a field of the organisation as ``field:<id>``."""
        changed = []
        for one in fields(self):
            new, old = getattr(self, one.name), getattr(contact, one.name)
            if new == old:
                continue
            if one.name == "field_values":
                ids = sorted(new.keys() | old.keys(), key=int)
                changed += [f"field:{id_}" for id_ in ids if new.get(id_) != old.get(id_)]
                new = dict(new)
            else:
                changed.append(one.name)
            setattr(contact, one.name, new)
        return changed
