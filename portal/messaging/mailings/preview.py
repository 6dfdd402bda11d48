"""Whom a prepared mailing goes to, the longest text first, and who is left out; page by page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.core.keyset import Keyset
from portal.messaging.models import LeftOut, Mailing, PreparedRecipient
from sms.phone import display
from sms.placeholders import parse
from sms.text import TextFault

PER_PAGE = 10
REACHED = "reached"
TITLES: Mapping[str, str | Promise] = {
    REACHED: pgettext_lazy("recipients of a mailing", "Who gets it"),
    LeftOut.LACKS_VALUE: _("Who lacks a value"),
    LeftOut.TEXT_REFUSED: _("Whose text is refused"),
    LeftOut.TOO_LONG: _("Whose text is too long"),
    LeftOut.STOPPED: _("Who is on the stop list"),
    LeftOut.STOPPED_ON_PLATFORM: _("Who is on the portal’s stop list"),
}
_FAULTS: Mapping[str, str | Promise] = {
    TextFault.EMPTY: _("nothing is left of it"),
    TextFault.UNSENDABLE: _("it has a character that SMS cannot carry"),
    TextFault.CONTROL_CHARACTER: _("it has an invisible control character"),
    TextFault.LONE_SURROGATE: _("it has a broken character"),
    TextFault.FIELD_LIKE_LINE: _("a line of it would be read by the operator as a command"),
}
_BY_LENGTH = Keyset(PreparedRecipient, ("-segments", "-units"))
_PLACE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})-([0-9]{1,9})")


@dataclass(frozen=True)
class Shown:
    """One recipient. ``text``: what they get, "" where they get nothing; ``why``: in words, why
    not."""

    phone: str
    name: str
    text: str
    segments: int
    why: str


@dataclass(frozen=True)
class PeoplePage:
    """``part``: of ``TITLES``; ``count`` are in it. ``next_place``: "" on the last page."""

    part: str
    count: int
    people: list[Shown]
    next_place: str
    is_first: bool

    @property
    def title(self) -> str:
        return str(TITLES[self.part])


def parts_of(mailing: Mailing) -> list[tuple[str, str, int]]:
    """Name, title and count of each part that anybody is in, those who get it first."""
    counts = {REACHED: mailing.reached, **mailing.reach.get("left_out", {})}
    return [(part, str(title), counts[part]) for part, title in TITLES.items() if counts.get(part)]


def people_page(mailing: Mailing, *, part: str = "", place: str = "") -> PeoplePage:
    """``place``: the ``next_place`` of the page before; a broken one, as an unknown part, gives the
    first page."""
    counts = {name: count for name, _title, count in parts_of(mailing)}
    part = part if part in counts else REACHED
    match = _PLACE.fullmatch(place)
    after = (int(match[1]), int(match[2]), int(match[3])) if match else None
    rows = _reached(mailing, after) if part == REACHED else _left_out(mailing, part, after)
    shown, same_text = rows[:PER_PAGE], _same_text(mailing)
    return PeoplePage(
        part=part,
        count=counts.get(part, 0),
        people=[_shown(row, same_text) for row in shown],
        next_place=_place(shown[-1]) if len(rows) > PER_PAGE else "",
        is_first=after is None,
    )


Place = tuple[int, int, int]


def _reached(mailing: Mailing, after: Place | None) -> list[PreparedRecipient]:
    """One more than a page. Along the index: first those of the same length, then the shorter."""
    rows = PreparedRecipient.objects.filter(mailing=mailing, left_out="")
    in_order = rows.order_by("-segments", "-units", "position")
    if after is None:
        return list(in_order[: PER_PAGE + 1])
    segments, units, position = after
    same = in_order.filter(segments=segments, units=units, position__gt=position)
    found = list(same[: PER_PAGE + 1])
    if len(found) <= PER_PAGE:
        shorter = _BY_LENGTH.beyond(in_order, [str(segments), str(units)])
        found += shorter[: PER_PAGE + 1 - len(found)]
    return found


def _left_out(mailing: Mailing, part: str, after: Place | None) -> list[PreparedRecipient]:
    rows = PreparedRecipient.objects.filter(mailing=mailing, left_out=part).order_by("position")
    rows = rows.filter(position__gt=after[2]) if after else rows
    return list(rows[: PER_PAGE + 1])


def _place(row: PreparedRecipient) -> str:
    return f"{row.segments}-{row.units}-{row.position}"


def _shown(row: PreparedRecipient, same_text: str) -> Shown:
    text = "" if row.left_out else row.text or same_text
    return Shown(display(row.phone), row.name, text, row.segments, _why(row))


def _why(row: PreparedRecipient) -> str:
    if row.left_out == LeftOut.LACKS_VALUE:
        return ", ".join(f"{{{name}}}" for name in row.lacks.split("\n"))
    if row.left_out == LeftOut.TEXT_REFUSED:
        return str(_FAULTS.get(row.note, ""))
    return row.note


def _same_text(mailing: Mailing) -> str:
    """What everybody gets where nobody has a text of their own."""
    return "" if mailing.is_personalised else parse(mailing.text).render({}).text
