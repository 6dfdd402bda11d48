"""The row of a file that says what its columns are."""

from collections import Counter
from collections.abc import Sequence

from portal.contacts.reading.meanings import is_known_heading, looks_like_data
from portal.contacts.reading.ways import Row

# Above the headings there may be a title, a date, an address.
_MOST_LOOKED_AT = 10


def header_row_of(sample: Sequence[Row]) -> int:
    """The number of the row that holds the headings, 0 where there is none.

    ``sample``: the first rows. A row below the first is taken for the headings only where it has a
    word known as one, most of its cells are filled, and all above it are titles: otherwise people
    would be passed over.
    """
    width = _usual_width(sample)
    for row in sample[:_MOST_LOOKED_AT]:
        filled = [cell for cell in row.cells if cell.strip()]
        if len(filled) * 2 <= width:
            continue
        if any(map(is_known_heading, filled)):
            return row.number
        break
    return sample[0].number if sample and _is_spoken_of(sample) else 0


def _is_spoken_of(sample: Sequence[Row]) -> bool:
    """Whether the first row speaks of what the others hold."""
    first = sample[0].cells
    if any(map(is_known_heading, first)):
        return True
    if any(map(looks_like_data, first)):
        return False
    return any(looks_like_data(cell) for row in sample[1:] for cell in row.cells)


def _usual_width(sample: Sequence[Row]) -> int:
    """By filled cells: a sheet's rows are all as wide as the widest."""
    widths = Counter(sum(bool(cell.strip()) for cell in row.cells) for row in sample)
    return max(widths, key=lambda width: (widths[width], width), default=0)
