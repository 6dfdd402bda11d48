"""What a text is as an SMS, told while it is typed."""

import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.core.errors import Refused
from portal.messaging.forms import MOST_TEXT_CHARACTERS
from portal.messaging.services import check_text
from sms.charset import Unsendable, find_unsendable, simplify
from sms.segments import Encoding, SegmentCount, count
from sms.text import BREAK, TextRefused, normalise_text

MOST_SHOWN = 10


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
class Text:
    """``counted`` is of the text as it would be stored; ``fault`` says why it cannot be.
    ``forced_at``: line and place (from 1) of the character that makes it UCS-2, as it was typed.
    ``saved``: segments that plain characters instead of typographic ones would save."""

    counted: SegmentCount
    unsendable: tuple[UnsendableCharacter, ...] = ()
    fault: str = ""
    forced_at: tuple[int, int] = (0, 0)
    saved: int = 0

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


def report_text(member: User, typed: str) -> tuple[Text, str]:
    """The report, and the text as it would be stored."""
    if len(typed) > MOST_TEXT_CHARACTERS:
        too_long = _("The text is too long: at most %(most)s characters fit.")
        return Text(count(""), fault=too_long % {"most": MOST_TEXT_CHARACTERS}), ""
    try:
        prepared = normalise_text(typed)
    except TextRefused:
        return Text(count(typed), fault=_fault(member, typed)), ""
    counted = count(prepared)
    report = Text(
        counted,
        unsendable=_grouped(find_unsendable(prepared)),
        fault=_fault(member, prepared) if prepared else "",
        forced_at=_place(typed, counted.forced_by),
        saved=counted.segments - count(simplify(prepared)).segments,
    )
    return report, prepared


def _place(typed: str, character: str | None) -> tuple[int, int]:
    if character is None:
        return (0, 0)
    before = BREAK.sub("\n", typed).partition(character)[0]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _fault(member: User, text: str) -> str:
    try:
        check_text(member, text)
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
