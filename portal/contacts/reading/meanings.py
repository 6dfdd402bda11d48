"""What the columns of a file are."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple


class Meaning(StrEnum):
    """Of a column; that of an organisation's own field is ``field:`` and its id."""

    SKIPPED = ""
    PHONE = "phone"
    NAME = "name"
    SURNAME = "surname"
    GIVEN_NAME = "given_name"
    PATRONYMIC = "patronymic"
    NOTE = "note"
    REASON = "reason"


class OwnField(NamedTuple):
    """An organisation's field; ``kind`` is text, date or number."""

    id: int
    name: str
    kind: str


def fold_heading(heading: str) -> str:
    """As headings are remembered and compared."""
    raise NotImplementedError


def guess_meanings(
    headings: Sequence[str],
    sample: Sequence[Sequence[str]],
    fields: Sequence[OwnField],
    remembered: Mapping[str, str],
    *,
    wants_reason: bool = False,
) -> list[str]:
    """The meaning of each column: what is ``remembered`` of its folded heading, else what the
    heading says, else what the ``sample`` of rows looks like.

    No meaning but a note is given to two columns. ``wants_reason``: for the stop list.
    """
    raise NotImplementedError
