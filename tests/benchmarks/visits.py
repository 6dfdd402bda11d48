"""A member's visits to pages, answered within this process: ``python -m tests.benchmarks.visits``.

What is timed is the server's time: middleware, view, database and template.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from django.test import Client

    from portal.accounts.models import User

VISITS = 60
_DEPTH = 100_000


def signed_in(email: str) -> "tuple[Client, User]":
    from django.test import Client

    from portal.accounts.models import User

    member = User.objects.get(email=email)
    # A one-time password would lead every visit to its change.
    User.objects.filter(pk=member.pk).update(must_change_password=False)
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(member)
    return client, member


def milliseconds(email: str) -> dict[str, list[float]]:
    """By kind of page, of each of its visits."""
    client, member = signed_in(email)
    return {
        kind: [_milliseconds(partial(visit, client, query)) for query in queries]
        for kind, (visit, queries) in _kinds(member).items()
    }


Visit = Callable[["Client", Mapping[str, str]], None]


def _kinds(member: "User") -> dict[str, tuple[Visit, list[Mapping[str, str]]]]:
    from django.urls import reverse

    listed, type_ahead = reverse("contacts:contacts"), reverse("messaging:recipients")
    chance = random.Random(1)

    def look(client: "Client", query: Mapping[str, str]) -> None:
        assert client.get(listed, query).status_code == 200

    def type_on(client: "Client", query: Mapping[str, str]) -> None:
        assert client.post(type_ahead, query, headers={"HX-Request": "true"}).status_code == 200

    deep: list[Mapping[str, str]] = [{"cursor": _cursor_deep_down(member)}] * VISITS
    words = [{"q": word} for word in _words_typed(chance)]
    numbers = [{"q": _number_typed(chance)} for _ in range(VISITS)]
    cities = [{f"f{_city(member)}": city} for city in _cities(chance)]
    return {
        "the list": (look, [{}] * VISITS),
        f"the list, {_DEPTH:,} contacts deep": (look, deep),
        "search by beginnings of words": (look, words),
        "search by the beginning of a number": (look, numbers),
        "the list of one city": (look, cities),
        "type-ahead in a message": (type_on, words),
    }


def _milliseconds(visit: Callable[[], None]) -> float:
    begun = time.perf_counter()
    visit()
    return (time.perf_counter() - begun) * 1000


def _words_typed(chance: random.Random) -> Iterator[str]:
    """One to five letters of a surname or a given name, or both names begun."""
    from tests.benchmarks.people import MEN, STEMS, WOMEN

    for number in range(VISITS):
        surname, given_name = chance.choice(STEMS), chance.choice(MEN + WOMEN)
        letters = number % 5 + 1
        yield (
            surname[:letters],
            given_name[:letters],
            f"{surname} {given_name[:letters]}",
            f"{given_name[:letters]} {surname[:letters]}",
        )[number % 4]


def _number_typed(chance: random.Random) -> str:
    from tests.benchmarks.people import phone

    digits = phone(chance.randrange(1_000_000))
    return f"8{digits[1 : chance.randrange(3, 12)]}"


def _cities(chance: random.Random) -> list[str]:
    from tests.benchmarks.people import CITIES

    return [chance.choice(CITIES) for _ in range(VISITS)]


def _city(member: "User") -> int:
    from portal.contacts.models import ContactField

    return ContactField.objects.get(organisation=member.organisation, name="Город").pk


def _cursor_deep_down(member: "User") -> str:
    from portal.contacts.lists.search import search_page

    cursor: str | None = None
    for _ in range(10):
        page = search_page(member=member, query="", cursor=cursor, size=_DEPTH // 10)
        cursor = page.next_cursor or cursor
    return cursor or ""


def people_made(organisation: str, count: int) -> None:
    from django.db import connection

    from portal.accounts.models import Organisation
    from tests.benchmarks import people

    people.people_made(Organisation.objects.get(name=organisation), count)
    with connection.cursor() as cursor:
        # As autovacuum would, some minutes later.
        cursor.execute("VACUUM ANALYZE contacts_contact")


def exported(email: str, file_format: str) -> int:
    """Bytes of all that the member may see, as a file."""
    from django.urls import reverse

    client, _member = signed_in(email)
    answer = client.post(reverse("contacts:export"), {"format": file_format})
    return sum(len(piece) for piece in answer.streaming_content)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    order = {order.__name__: order for order in (milliseconds, people_made, exported)}[sys.argv[1]]
    arguments = [int(word) if word.isdigit() else word for word in sys.argv[2:]]
    print(json.dumps(order(*arguments)))  # noqa: T201 - the result
