"""What became of the people who were picked for a mailing, in numbers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from portal.messaging.models import LeftOut


@dataclass(frozen=True)
class PreparedReach:
    """Of those picked besides the ones that the mailing reaches. ``duplicates``: mentions of a
    number that was there already. ``without_number``: people, of whom ``numberless`` are the first
    ten names. ``refused``: pieces of what was typed, or rows of a spreadsheet, whose number is
    none to send to. ``left_out``: how many by reason, of ``LeftOut``.
    """

    duplicates: int = 0
    without_number: int = 0
    numberless: tuple[str, ...] = ()
    refused: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "PreparedReach":
        """Of ``Mailing.reach``, of a mailing in any stage."""
        known = {name: kept[name] for name in cls.__dataclass_fields__ if name in kept}
        return cls(**{**known, "numberless": tuple(kept.get("numberless", ()))})

    @property
    def stopped(self) -> int:
        return sum(
            self.left_out.get(reason, 0)
            for reason in (LeftOut.STOPPED, LeftOut.STOPPED_ON_PLATFORM)
        )

    @property
    def lacking(self) -> int:
        """How many lack a value."""
        return self.left_out.get(LeftOut.LACKS_VALUE, 0)
