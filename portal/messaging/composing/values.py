"""Which placeholders a text may name, and what stands for them with the first recipients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from portal.accounts.models import User
from portal.contacts.placeholders import Placeholders, placeholders_of, values_by_phone
from portal.messaging.models import Sheet
from portal.messaging.sheets.samples import sheet_samples
from sms.placeholders import fold_name


@dataclass(frozen=True)
class Offered:
    """A placeholder as the page offers it; ``sample``: a value for whom there is no recipient."""

    name: str
    sample: str

    @property
    def written(self) -> str:
        return f"{{{self.name}}}"


@dataclass(frozen=True)
class Values:
    """Those of a member's contacts, or of the rows of ``sheet``."""

    member: User
    sheet: Sheet | None

    @property
    def offered(self) -> list[Offered]:
        if self.sheet:
            return [Offered(name, name) for name in self.sheet.columns if name]
        return [Offered(one.name, one.sample) for one in self._of_contacts]

    @property
    def names(self) -> list[str]:
        """Every way to write any of them."""
        return [one.name for one in self.offered] if self.sheet else self._of_contacts.names

    def of(self, phones: Sequence[str], names: Sequence[str]) -> list[Mapping[str, str]]:
        """For each of ``phones`` what there is for the folded ``names``; without any number one of
        samples, or those that a spreadsheet's first rows are."""
        if self.sheet:
            by_name = {fold_name(one.name): one.sample for one in self.offered}
            return sheet_samples(self.sheet, names) or [by_name]
        if not phones:
            return [self._of_contacts.samples()]
        found = values_by_phone(self.member, phones, placeholders=self._of_contacts, names=names)
        return [found[phone] for phone in phones]

    @cached_property
    def _of_contacts(self) -> Placeholders:
        assert self.member.organisation is not None, "who may send is a member"
        return placeholders_of(self.member.organisation)
