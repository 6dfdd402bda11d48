"""What a text is as an SMS, told while it is typed."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.core.errors import Refused
from portal.messaging.composing.wording import Wording
from portal.messaging.forms import MOST_TEXT_CHARACTERS
from portal.messaging.services import check_segments
from sms.charset import Unsendable, find_unsendable, simplify
from sms.segments import Encoding, SegmentCount, count
from sms.text import BREAK, TextRefused, normalise_text

MOST_SHOWN = 10
# Of the first recipients: one query and some milliseconds.
MOST_SAMPLED = 100


@dataclass(frozen=True)
class UnsendableCharacter:
    """One such character of the text, however often it occurs; the place is that of the first.

    ``substitute`` None: there is none; "": it may be left out.
    """

    shown: str
    line: int
    column: int
    times: int
    substitute: str | None
    is_symbol: bool


@dataclass(frozen=True)
class Samples:
    """Texts of the first ``count`` recipients, 0 where there is nobody yet and one was made up.
    ``least`` segments of one, and the ``mean``; ``lacking``: how many lack a value."""

    count: int
    least: int
    mean: float
    lacking: int


@dataclass(frozen=True)
class Text:
    """``counted`` is of the text as it would be stored, of several the longest; ``fault`` says why
    it cannot be. ``prepared``: that text, or the first recipient's; "" while it is not fit.
    ``forced_at``: line and place (from 1) of the character that makes it UCS-2, as it was typed.
    ``saved``: segments that plain characters instead of typographic ones would save. ``samples``:
    of a text that is not the same for all, and ``as_seen`` the first recipient's or a sample,
    whatever it lacks."""

    counted: SegmentCount
    prepared: str = ""
    as_seen: str = ""
    unsendable: tuple[UnsendableCharacter, ...] = ()
    fault: str = ""
    forced_at: tuple[int, int] = (0, 0)
    saved: int = 0
    samples: Samples | None = None

    @property
    def mean_segments(self) -> float:
        return self.samples.mean if self.samples else self.counted.segments

    @property
    def is_unicode(self) -> bool:
        return self.counted.encoding is Encoding.UCS2

    @property
    def forced_by(self) -> str:
        """The character that makes the text UCS-2."""
        return shown(self.counted.forced_by) if self.counted.forced_by else ""

    @property
    def has_substitutes(self) -> bool:
        return any(found.substitute is not None for found in self.unsendable)

    @property
    def has_symbols(self) -> bool:
        return any(found.is_symbol for found in self.unsendable)


def report_text(wording: Wording, phones: Sequence[str]) -> Text:
    """``phones``: the first recipients."""
    if len(wording.typed) > MOST_TEXT_CHARACTERS:
        too_long = _("The text is too long: at most %(most)s characters fit.")
        return Text(count(""), fault=too_long % {"most": MOST_TEXT_CHARACTERS})
    if not wording.is_plain:
        return _report_of_samples(wording, phones)
    text = wording.for_everybody
    try:
        prepared = normalise_text(text)
    except TextRefused:
        return Text(count(text), fault=_fault(wording))
    counted = count(prepared)
    return Text(
        counted,
        prepared=prepared,
        unsendable=_grouped(find_unsendable(prepared)),
        fault=_fault(wording) if prepared else "",
        forced_at=_place(wording.typed, counted.forced_by),
        saved=counted.segments - count(simplify(prepared)).segments,
    )


def _report_of_samples(wording: Wording, phones: Sequence[str]) -> Text:
    rendered = wording.rendered(phones[:MOST_SAMPLED])
    texts = [_prepared(one.text) for one in rendered]
    sizes = [count(text) for text in texts]
    longest = max(sizes, key=lambda size: (size.segments, size.units))
    return Text(
        longest,
        prepared="" if rendered[0].lacks else texts[0],
        as_seen=wording.as_seen(phones[:1]) if rendered[0].lacks else texts[0],
        unsendable=_grouped(find_unsendable(wording.bare)),
        fault=_fault(wording) or _too_long(wording, longest.segments),
        forced_at=_place(wording.typed, longest.forced_by),
        samples=Samples(
            count=len(texts) if phones else 0,
            least=min(size.segments for size in sizes),
            mean=sum(size.segments for size in sizes) / len(sizes),
            lacking=sum(bool(one.lacks) for one in rendered) if phones else 0,
        ),
    )


def _prepared(text: str) -> str:
    """As it would be stored; what could not be is told by the fault of the text itself."""
    try:
        return normalise_text(text)
    except TextRefused:
        return text


def _too_long(wording: Wording, segments: int) -> str:
    try:
        check_segments(wording.member, segments)
    except Refused as refused:
        return str(refused.message)
    return ""


def _place(typed: str, character: str | None) -> tuple[int, int]:
    if character is None:
        return (0, 0)
    before = BREAK.sub("\n", typed).partition(character)[0]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _fault(wording: Wording) -> str:
    try:
        wording.check()
    except Refused as refused:
        return str(refused.message)
    return ""


def _grouped(found: tuple[Unsendable, ...]) -> tuple[UnsendableCharacter, ...]:
    by_character: dict[str, list[Unsendable]] = {}
    for one in found:
        by_character.setdefault(one.character, []).append(one)
    return tuple(
        UnsendableCharacter(
            shown=shown(places[0].character),
            line=places[0].line,
            column=places[0].column,
            times=len(places),
            substitute=places[0].substitute,
            is_symbol=places[0].is_symbol,
        )
        for places in list(by_character.values())[:MOST_SHOWN]
    )


def shown(character: str) -> str:
    """The character itself where an eye can see it, else its Unicode number."""
    if unicodedata.category(character[0])[0] in "LNPS":
        return character
    return f"U+{ord(character[0]):04X}"
