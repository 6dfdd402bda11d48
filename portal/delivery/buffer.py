"""Claimed envelopes that no lane carries yet."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence

from portal.delivery.claims import ClaimedEnvelope, ClaimKey


class Buffer:
    """Interactive envelopes leave first; within either kind, the order of the claims is kept."""

    def __init__(self) -> None:
        self._urgent: deque[ClaimedEnvelope] = deque()
        self._others: deque[ClaimedEnvelope] = deque()

    @property
    def urgent(self) -> int:
        """How many are to leave before the others."""
        return len(self._urgent)

    def __len__(self) -> int:
        return len(self._urgent) + len(self._others)

    def __iter__(self) -> Iterator[ClaimedEnvelope]:
        yield from self._urgent
        yield from self._others

    def put(self, envelopes: Iterable[ClaimedEnvelope], *, urgent: bool) -> None:
        (self._urgent if urgent else self._others).extend(envelopes)

    def put_back(self, envelopes: Sequence[ClaimedEnvelope]) -> None:
        """These were taken and could not leave: they are the next."""
        self._urgent.extendleft(reversed(envelopes))

    def take(self) -> ClaimedEnvelope:
        return (self._urgent or self._others).popleft()

    def keep(self, keys: Collection[ClaimKey]) -> list[ClaimedEnvelope]:
        """Drop all but these; returns what was dropped."""
        dropped = [one for one in self if one.key not in keys]
        self._urgent = deque(one for one in self._urgent if one.key in keys)
        self._others = deque(one for one in self._others if one.key in keys)
        return dropped
