"""What an author writes into a mailing, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from portal.messaging.models import Mailing
from portal.messaging.picked import Picked


@dataclass(frozen=True)
class Content:
    """As yet unchecked. ``sheet_id``: of a spreadsheet whose rows get it instead of who is
    ``picked``. ``defaults``: texts for placeholders without a value; ``skip_missing``: who still
    lacks one is left out. Times are aware. ``repeats``: as ``Recurrence.as_dict``."""

    sender_value: str = ""
    text: str = ""
    picked: Picked = field(default_factory=Picked)
    sheet_id: int | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)
    skip_missing: bool = False
    due_at: datetime | None = None
    expires_at: datetime | None = None
    window_from: time | None = None
    window_until: time | None = None
    by_recipient_zone: bool = False
    repeats: Mapping[str, Any] | None = None
    canary_size: int | None = None
    canary_minutes: int | None = None

    @classmethod
    def of(cls, mailing: Mailing) -> "Content":
        return cls(
            sender_value=mailing.sender_value,
            text=mailing.text,
            picked=Picked.from_dict(mailing.picked),
            sheet_id=mailing.sheet_id,
            defaults=mailing.when_missing.get("defaults", {}),
            skip_missing=mailing.when_missing.get("skip", False),
            **{name: getattr(mailing, name) for name in _AS_THEY_ARE},
        )

    def put_on(self, mailing: Mailing) -> None:
        """Writes the fields, without saving. A draft may be half filled in: what no mailing can
        have, as half a window or an end before its beginning, is left out."""
        mailing.sender_value = self.sender_value
        mailing.text = self.text
        mailing.picked = self.picked.as_dict()
        mailing.sheet_id = self.sheet_id
        mailing.when_missing = {"defaults": dict(self.defaults), "skip": self.skip_missing}
        for name in _AS_THEY_ARE:
            setattr(mailing, name, getattr(self, name))
        _leave_out_halves(mailing)


_AS_THEY_ARE = (
    "due_at",
    "expires_at",
    "window_from",
    "window_until",
    "by_recipient_zone",
    "repeats",
    "canary_size",
    "canary_minutes",
)


def _leave_out_halves(mailing: Mailing) -> None:
    if mailing.due_at and mailing.expires_at and mailing.expires_at <= mailing.due_at:
        mailing.expires_at = None
    window = (mailing.window_from, mailing.window_until)
    if None in window or mailing.window_from == mailing.window_until:
        mailing.window_from = mailing.window_until = None
    if not mailing.canary_size or not mailing.canary_minutes:
        mailing.canary_size = mailing.canary_minutes = None
