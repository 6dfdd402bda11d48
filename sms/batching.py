"""Recipients of one text, cut into e-mails."""

from collections.abc import Iterable, Iterator

# RFC 5321 4.5.3.1.6 counts the CRLF in its 1000.
MAX_LINE_OCTETS = 998
_ROOM = MAX_LINE_OCTETS - len("PhoneNumber=")


def batches(numbers: Iterable[str], *, per_email: int = 80) -> Iterator[tuple[str, ...]]:
    """Yields the numbers in order, at most `per_email` together and never more than one line holds.

    `numbers` are MSISDN digits. Raises ValueError for `per_email` below 1, and for a number that
    no line holds.
    """
    if per_email < 1:
        raise ValueError("per_email must be at least 1")
    return _cut(numbers, per_email)


def _cut(numbers: Iterable[str], per_email: int) -> Iterator[tuple[str, ...]]:
    batch: list[str] = []
    octets = 0
    for number in numbers:
        if len(number) > _ROOM:
            raise ValueError("a number longer than a line")
        if len(batch) == per_email or octets + len(batch) + len(number) > _ROOM:
            yield tuple(batch)
            batch, octets = [], 0
        batch.append(number)
        octets += len(number)
    if batch:
        yield tuple(batch)
