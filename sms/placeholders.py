"""Placeholders in the text of an SMS: the grammar, and the texts it makes.

`{name}`, `{name|default}`, `{name:filter}`, `{name:filter|default}`; `{{` and `}}` are the braces
themselves. A name is letters, digits, spaces, `_` and `-`, as an organisation's own fields are
named; case, the number of spaces and the dots of ё make no difference. A default is put in as it is
written, without the spaces around it; an empty one lets a value be missing. Nothing nests.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property

from sms.placeholder_filters import FILTERS, Filter
from sms.refusal import Refusal
from sms.segments import SegmentCount, count
from sms.text import strip_blank_lines

_BRACE = re.compile("[{}]")
_END = re.compile("[{}\n\r\x0b\x0c\x85\u2028\u2029]")
_NAME = re.compile(r"\w[\w -]*")
_NAMED = re.compile(r"\{([^{}:|]{1,100})(?:[:|][^{}]*)?\}")
_NO_PART_OF_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGEST_FOUND = 40
# To bring marks into their order takes the square of their number.
LONGEST_NAME = 100


class PlaceholderFault(StrEnum):
    NOT_CLOSED = "not_closed"
    NOT_OPENED = "not_opened"
    BAD_NAME = "bad_name"
    TWO_DEFAULTS = "two_defaults"
    UNKNOWN_FILTER = "unknown_filter"
    UNKNOWN_NAME = "unknown_name"


class PlaceholderRefused(Refusal):
    """`data`: `line` and `column` of the brace, both 1-based; `found`, what is wrong (with BAD_NAME
    and TWO_DEFAULTS all between the braces), cut to 40 characters; of something unknown `nearest`,
    how a known one is written, "" where none is like it."""

    subject = "placeholder"
    code: PlaceholderFault


@dataclass(frozen=True)
class Placeholder:
    """`name` as `fold_name` makes it, `position` of its brace in the text. `default` is None where
    none was written."""

    name: str
    position: int
    filter: Filter | None = None
    default: str | None = None

    def value(self, values: Mapping[str, str], defaults: Mapping[str, str]) -> str | None:
        """What stands for it in one text, None for nothing. What a filter cannot read is as good as
        missing: `{paid until:date}` never becomes "soon"."""
        written = one_line(values.get(self.name, ""))
        if written and self.filter:
            written = self.filter(written) or ""
        if written or self.default is not None:
            return written or self.default
        return one_line(defaults[self.name]) if self.name in defaults else None


@dataclass(frozen=True)
class Rendered:
    """`lacks`: names that had no value and no default, each once; nothing stands for them in
    `text`, which is not yet checked: `sms.text.prepare_text` does that."""

    text: str
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sizes:
    """What is known of a template's texts before anybody is: the shortest and the longest."""

    least: SegmentCount
    most: SegmentCount


@dataclass(frozen=True)
class Template:
    """`pieces`, in order; braces in those of text are themselves already."""

    source: str
    pieces: tuple[str | Placeholder, ...]

    @cached_property
    def placeholders(self) -> tuple[Placeholder, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Placeholder))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Each once, in the order of the text, as `fold_name` makes them."""
        return tuple(dict.fromkeys(placeholder.name for placeholder in self.placeholders))

    @property
    def is_plain(self) -> bool:
        """Whether everybody gets the same text, which is that of `render({})`."""
        return not self.placeholders

    def render(
        self, values: Mapping[str, str], defaults: Mapping[str, str] | None = None
    ) -> Rendered:
        """One person's text. Both mappings go by names as `fold_name` makes them; a value of blanks
        is none. `defaults` are for placeholders without one of their own. Values and defaults stay
        on their line and are never read as placeholders."""
        defaults = defaults or {}
        parts: list[str] = []
        lacks: dict[str, None] = {}
        for piece in self.pieces:
            if isinstance(piece, str):
                parts.append(piece)
            elif (value := piece.value(values, defaults)) is None:
                lacks[piece.name] = None
            else:
                parts.append(value)
        return Rendered("".join(parts), tuple(lacks))

    def sizes(
        self, samples: Iterable[Mapping[str, str]] = (), defaults: Mapping[str, str] | None = None
    ) -> Sizes:
        """Of the texts for people without any value and with each of `samples`."""
        texts = (self.render(values, defaults).text for values in ({}, *samples))
        counts = [count(strip_blank_lines(text)) for text in texts]
        by_size = sorted(counts, key=lambda counted: (counted.segments, counted.units))
        return Sizes(by_size[0], by_size[-1])

    def check_names(self, known: Iterable[str]) -> None:
        """Raises PlaceholderRefused (UNKNOWN_NAME) for the first name that is none of `known`, in
        whatever case those are written."""
        spelled = {fold_name(name): name for name in known}
        for placeholder in self.placeholders:
            if placeholder.name not in spelled:
                raise _refused(
                    PlaceholderFault.UNKNOWN_NAME,
                    self.source,
                    placeholder.position,
                    found=placeholder.name[:_LONGEST_FOUND],
                    nearest=_nearest(placeholder.name, spelled),
                )


def parse(text: str) -> Template:
    """Raises PlaceholderRefused at the first thing that is not of the grammar. Names may be any:
    `Template.check_names` tells whether they are known."""
    pieces: list[str | Placeholder] = []
    end = 0
    while brace := _BRACE.search(text, end):
        start = brace.start()
        pieces.append(text[end:start])
        if text.startswith(brace.group() * 2, start):
            pieces.append(brace.group())
            end = start + 2
            continue
        end = _closing(text, start) + 1
        pieces.append(_placeholder(text, start, text[start + 1 : end - 1]))
    pieces.append(text[end:])
    return Template(text, tuple(piece for piece in pieces if piece != ""))


def find_names(text: str) -> tuple[str, ...]:
    """What looks like a placeholder's name in any text, by this grammar or not, as `fold_name`
    makes it: for texts that are sent as they are."""
    return tuple(fold_name(found) for found in _NAMED.findall(text))


def escape(text: str) -> str:
    """The template whose text, for everybody, is `text`."""
    return _BRACE.sub(lambda brace: brace.group() * 2, text)


def fold_name(name: str) -> str:
    """One spelling for all that mean the same placeholder."""
    composed = unicodedata.normalize("NFC", name).casefold().replace("ё", "е")
    return " ".join(composed.split())


def is_name(name: str) -> bool:
    """Whether a placeholder may be called so."""
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(fold_name(name)) is not None


def one_line(value: str) -> str:
    """The value as a part of a line: breaks and what does not print become spaces, one at a
    time and none at the ends."""
    return " ".join(_NO_PART_OF_A_LINE.sub(" ", value).split())


def _closing(text: str, start: int) -> int:
    """Where the placeholder ends whose brace is at `start`."""
    if text[start] == "}":
        raise _refused(PlaceholderFault.NOT_OPENED, text, start)
    end = _END.search(text, start + 1)
    if end is None or end.group() != "}":
        raise _refused(PlaceholderFault.NOT_CLOSED, text, start)
    return end.start()


def _placeholder(text: str, start: int, inside: str) -> Placeholder:
    head, has_default, default = inside.partition("|")
    name, has_filter, filter_name = head.partition(":")
    found = inside[:_LONGEST_FOUND]
    if not is_name(name):
        raise _refused(PlaceholderFault.BAD_NAME, text, start, found=found)
    if "|" in default:
        raise _refused(PlaceholderFault.TWO_DEFAULTS, text, start, found=found)
    return Placeholder(
        name=fold_name(name),
        position=start,
        filter=_filter(text, start, filter_name) if has_filter else None,
        default=one_line(default) if has_default else None,
    )


def _filter(text: str, start: int, name: str) -> Filter:
    known = {fold_name(one): one for one in FILTERS}
    folded = fold_name(name[:LONGEST_NAME].replace(" ", "-").strip("-"))
    if folded not in known:
        raise _refused(
            PlaceholderFault.UNKNOWN_FILTER,
            text,
            start,
            found=name.strip()[:_LONGEST_FOUND],
            nearest=_nearest(folded, known),
        )
    return FILTERS[known[folded]]


def _nearest(folded: str, spelled: Mapping[str, str]) -> str:
    like = get_close_matches(folded[:_LONGEST_FOUND], spelled, n=1)
    return spelled[like[0]] if like else ""


def _refused(fault: PlaceholderFault, text: str, position: int, **data: str) -> PlaceholderRefused:
    return PlaceholderRefused(
        fault,
        line=text.count("\n", 0, position) + 1,
        column=position - text.rfind("\n", 0, position),
        **data,
    )
