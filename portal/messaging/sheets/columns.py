"""Which column of a file holds the numbers."""

from collections.abc import Collection, Sequence

from portal.contacts.reading import Meaning, Row, guess_meanings
from portal.contacts.reading.phones import PhoneRead, read_phone

# A number that cannot be read takes long to be told from one that can.
_ROWS_LOOKED_AT = 30
_LONGEST_CELL = 100
_SOME = 0.3


def phone_column_guessed(
    headings: Sequence[str], sample: Sequence[Row], *, countries: Collection[str]
) -> int | None:
    """By its heading where some of its cells are numbers to send to, else the one that has most;
    else by its heading alone. None where nothing speaks for any."""
    good = [row.cells for row in sample if row.fault is None][:_ROWS_LOOKED_AT]
    shares = [_share(good, column, countries) for column in range(len(headings))]
    named = [column for column, heading in enumerate(headings) if _is_phones(heading)]
    best = max(range(len(headings)), key=shares.__getitem__, default=None)
    likely = next((column for column in named if shares[column] > _SOME), None)
    if likely is not None or best is None:
        return likely
    return best if shares[best] > _SOME else next(iter(named), None)


def _is_phones(heading: str) -> bool:
    return guess_meanings([heading], [], [], {}) == [Meaning.PHONE]


def _share(sample: Sequence[Sequence[str]], column: int, countries: Collection[str]) -> float:
    cells = [row[column][:_LONGEST_CELL] for row in sample if column < len(row)]
    filled = [cell for cell in cells if cell.strip()]
    read = (read_phone(cell, countries=countries) for cell in filled)
    good = sum(isinstance(one, PhoneRead) and bool(one.phone) for one in read)
    return good / len(filled) if filled else 0.0
