"""How many people a message reaches of those picked, and what became of the others."""

from dataclasses import dataclass, field

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sms.phone import display

# How many of a part a page names.
MOST_NAMED = 10


@dataclass(frozen=True)
class Named:
    """One of those counted. ``phone``: E.164 digits, "" for none; ``note``: why it is stopped."""

    phone: str
    name: str = ""
    note: str = ""

    @property
    def phone_display(self) -> str:
        return display(self.phone) if self.phone else ""


@dataclass(frozen=True)
class Part:
    """``first``: at most ``MOST_NAMED`` of the ``count``."""

    count: int = 0
    first: tuple[Named, ...] = ()

    @property
    def more(self) -> int:
        return self.count - len(self.first)


@dataclass(frozen=True)
class Reach:
    """``picked``: mentions of people and numbers, each in one part. ``refused``: pieces of what was
    typed that are no numbers, which are no mentions.

    ``is_exact`` False: too many to be gone through now. ``reached`` is an estimate then, of all who
    were picked, and nothing is known of the other parts.
    """

    reached: Part
    duplicates: Part = field(default_factory=Part)
    stopped: Part = field(default_factory=Part)
    without_number: Part = field(default_factory=Part)
    refused: int = 0
    is_exact: bool = True

    @property
    def parts(self) -> tuple[Part, ...]:
        return (self.reached, self.duplicates, self.stopped, self.without_number)

    @property
    def picked(self) -> int:
        return sum(part.count for part in self.parts)


def reach_words(reach: Reach) -> str:
    """The sum as a sentence; parts that nobody is in are left out of it."""
    count = reach.reached.count
    if not reach.is_exact:
        about = ngettext(
            "Will reach at most about %(count)s person; counted exactly on the next page.",
            "Will reach at most about %(count)s people; counted exactly on the next page.",
            count,
        )
        return _counted(about, count)
    people = _counted(
        ngettext("Will reach %(count)s person", "Will reach %(count)s people", count), count
    )
    if reach.picked == count:
        return _("%(people)s.") % {"people": people}
    parts = ", ".join(_parts(reach))
    return _("%(people)s: %(parts)s.") % {"people": people, "parts": parts}


def _parts(reach: Reach) -> list[str]:
    picked, repeated = reach.picked, reach.duplicates.count
    stopped, without = reach.stopped.count, reach.without_number.count
    named = (
        (ngettext("%(count)s picked", "%(count)s picked", picked), picked),
        (ngettext("%(count)s duplicate", "%(count)s duplicates", repeated), repeated),
        (ngettext("%(count)s on the stop list", "%(count)s on the stop list", stopped), stopped),
        (ngettext("%(count)s without a number", "%(count)s without a number", without), without),
    )
    return [_counted(words, count) for words, count in named if count]


def _counted(words: str, count: int) -> str:
    return words % {"count": number_format(count, force_grouping=True)}
