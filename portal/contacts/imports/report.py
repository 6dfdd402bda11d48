"""The doctor's report on a whole file."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from portal.contacts.reading import Fault

MOST_EXAMPLES = 3
LONGEST_EXAMPLE = 60


@dataclass
class Named:
    """How often something was found, and where first: row numbers with what was written there."""

    count: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)

    def note(
        self, row_number: int, written: Callable[[], str], *, most: int = MOST_EXAMPLES
    ) -> None:
        """``written`` is asked of the first ``most`` alone."""
        self.count += 1
        if len(self.examples) < most:
            self.examples.append((row_number, written()[:LONGEST_EXAMPLE]))


@dataclass
class Report:
    """Counts of rows. ``good`` ones can be imported; of them ``known`` are there already and in
    use, ``archived`` are in the archive, ``own`` are the author's own though the import is for
    all, ``stopped`` are on the stop list (for an import into the stop list, ``known`` are the
    organisation's entries and ``stopped`` the platform's). ``without_number``: good ones that
    nothing can be sent to. ``repeated``: the first duplicates; ``repeats``: of each the row that
    it repeats, 0 where an earlier slice of work has read that.
    ``faults``: by code, that of a number with its own after a colon. ``headings``: of the file."""

    rows: int = 0
    good: int = 0
    known: int = 0
    archived: int = 0
    own: int = 0
    stopped: int = 0
    without_number: int = 0
    duplicates: int = 0
    blank: int = 0
    bad: int = 0
    repaired: int = 0
    headings: list[str] = field(default_factory=list)
    repeated: Named = field(default_factory=Named)
    repeats: list[int] = field(default_factory=list)
    repairs: dict[str, Named] = field(default_factory=dict)
    faults: dict[str, Named] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Report":
        """What ``as_dict`` gave, or nothing yet."""
        named = {
            group: {code: Named(**one) for code, one in stored.get(group, {}).items()}
            for group in ("repairs", "faults")
        }
        repeated = Named(**stored.get("repeated", {}))
        return cls(**{**stored, **named, "repeated": repeated})

    @property
    def new(self) -> int:
        return self.good - self.known - self.archived - self.own


def fault_key(fault: Fault) -> str:
    phone_fault = fault.data.get("phone_fault")
    return f"{fault.code}:{phone_fault}" if phone_fault else str(fault.code)
