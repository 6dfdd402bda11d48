"""From what an author picked, or from a file of numbers, to an audience."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice

from django.db.models import Q
from django.utils import timezone

from portal.accounts.models import Organisation, User
from portal.messaging.audience import (
    Audience,
    ListedAudience,
    Mention,
    Refusals,
    listed_audience,
)
from portal.messaging.picked import Picked, Source, sources
from portal.messaging.staging import staged
from sms.phone import read_pieces

# What memory may hold, and what may be gone through while somebody types.
MOST_LISTED = 5000
# Of a longer audience: enough for its first e-mail and the first names.
MOST_GLANCED = 1000


def audience_glanced(member: User, picked: Picked, *, only: Q | None = None) -> ListedAudience:
    """The audience, or the first of a longer one, of which it is told about how many it has
    (``reach.is_exact`` False): quick enough to be asked at every change of a form."""
    refusals = Refusals()
    typed = list(_numbers(member, [picked.typed], refusals))
    found = sources(member, picked, now=timezone.now(), only=only)
    members = _first_members(found)
    if len(members) <= MOST_LISTED:
        return listed_audience(member, chain(_typed(typed), members), refusals=refusals)
    mentions = chain(_typed(typed), members[:MOST_GLANCED])
    listed = listed_audience(member, mentions, refusals=refusals)
    about = len(typed) + sum(source.size_about() for source in found)
    return listed.at_most_about(max(about, len(listed)))


@contextmanager
def audience_gathered(member: User, picked: Picked, *, only: Q | None = None) -> Iterator[Audience]:
    """The whole audience, which stays as it is until the end, whatever happens to the groups.
    ``only``: of the contacts, those that fit it."""
    glanced = audience_glanced(member, picked, only=only)
    with audience_completed(member, picked, glanced, only=only) as audience:
        yield audience


@contextmanager
def audience_completed(
    member: User, picked: Picked, glanced: ListedAudience, *, only: Q | None = None
) -> Iterator[Audience]:
    """The same where it was glanced at already; a short one is as it was then."""
    if glanced.reach.is_exact:
        yield glanced
        return
    refusals = Refusals()
    numbers = _numbers(member, [picked.typed], refusals)
    found = sources(member, picked, now=timezone.now(), only=only)
    with staged(member, numbers, found, refusals=refusals) as audience:
        yield audience


@contextmanager
def audience_read(member: User, texts: Iterable[str]) -> Iterator[Audience]:
    """Of the numbers in ``texts``, which are read once and never all in memory.

    No number may be cut between two texts.
    """
    refusals = Refusals()
    numbers = _numbers(member, texts, refusals)
    first = list(islice(numbers, MOST_LISTED + 1))
    if len(first) <= MOST_LISTED:
        yield listed_audience(member, _typed(first), refusals=refusals)
        return
    with staged(member, chain(first, numbers), (), refusals=refusals) as audience:
        yield audience


def audience_of(member: User, names: Mapping[str, str]) -> ListedAudience:
    """Of numbers (E.164 digits) with the names that histories show ("" for none)."""
    return listed_audience(member, _typed(names), names=names)


def _numbers(member: User, texts: Iterable[str], refusals: Refusals) -> Iterator[str]:
    countries = _organisation_of(member).allowed_countries
    pieces = (piece for text in texts for piece in read_pieces(text, countries=countries))
    return refusals.numbers_among(pieces)


def _organisation_of(member: User) -> Organisation:
    assert member.organisation is not None, "who may send is a member"
    return member.organisation


def _typed(numbers: Iterable[str]) -> Iterator[Mention]:
    return ((number, 0, "") for number in numbers)


def _first_members(found: Iterable[Source]) -> list[Mention]:
    """At most one more than ``MOST_LISTED``."""
    members: list[Mention] = []
    for source in found:
        room = MOST_LISTED + 1 - len(members)
        members += source.contacts.values_list("phone", "pk", "name")[:room]
        if len(members) > MOST_LISTED:
            break
    return members
