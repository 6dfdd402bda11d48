"""Paging through whom a prepared mailing goes to, and through those left out."""

from collections.abc import Iterator

import pytest

from portal.messaging.mailings.preview import PER_PAGE, REACHED, PeoplePage, parts_of, people_page
from portal.messaging.models import LeftOut, Mailing, PreparedRecipient
from sms.text import TextFault
from tests.factories import MemberFactory
from tests.integration.messaging.approvals.prepared import prepared_mailing

pytestmark = pytest.mark.django_db


def phone(number: int) -> str:
    return f"7921{number:07d}"


def pages(mailing: Mailing, part: str = "") -> Iterator[PeoplePage]:
    place, is_last = "", False
    while not is_last:
        page = people_page(mailing, part=part, place=place)
        yield page
        place, is_last = page.next_place, not page.next_place


def left_out(mailing: Mailing, number: int, because: str, **says: str) -> None:
    PreparedRecipient.objects.create(
        mailing=mailing,
        position=number,
        phone=phone(number),
        segments=0,
        units=0,
        left_out=because,
        **says,
    )
    counts = mailing.reach.setdefault("left_out", {})
    counts[because] = counts.get(because, 0) + 1
    mailing.save()


def test_everybody_is_shown_once_the_longest_text_first() -> None:
    mailing = prepared_mailing(MemberFactory(), *map(phone, range(25)), is_personalised=True)
    for number, row in enumerate(mailing.prepared.order_by("position")):
        row.units, row.text = number % 3, f"№ {number}"
        row.segments = 2 if number == 20 else 1
        row.save()

    shown = [one for page in pages(mailing) for one in page.people]

    numbers = [int(one.text.removeprefix("№ ")) for one in shown]
    rest = [number for number in range(25) if number != 20]
    assert numbers == [20, *sorted(rest, key=lambda number: (-(number % 3), number))]


def test_pages_end_where_the_people_do() -> None:
    mailing = prepared_mailing(MemberFactory(), *map(phone, range(2 * PER_PAGE)))
    found = list(pages(mailing))
    assert [len(page.people) for page in found] == [PER_PAGE, PER_PAGE]
    assert [page.is_first for page in found] == [True, False]


def test_one_text_for_all_is_shown_as_it_is_sent() -> None:
    mailing = prepared_mailing(MemberFactory(), text="Скидка {{10}}")
    assert [one.text for one in people_page(mailing).people] == ["Скидка {10}"]


@pytest.mark.parametrize("place", ["x", "1-2", "99999999999-1-1", "-1-1-1"])
def test_a_broken_place_gives_the_first_page(place: str) -> None:
    mailing = prepared_mailing(MemberFactory())
    assert people_page(mailing, place=place).is_first


def test_parts_are_those_that_somebody_is_in() -> None:
    mailing = prepared_mailing(MemberFactory(), phone(0))
    left_out(mailing, 7, LeftOut.STOPPED)
    left_out(mailing, 8, LeftOut.STOPPED)
    assert [(part, count) for part, _title, count in parts_of(mailing)] == [
        (REACHED, 1),
        (LeftOut.STOPPED, 2),
    ]


def test_those_left_out_are_paged_in_order_with_the_reason() -> None:
    mailing = prepared_mailing(MemberFactory(), phone(0))
    for number in range(10, 10 + PER_PAGE + 1):
        left_out(mailing, number, LeftOut.STOPPED, note="Просил не писать")

    shown = [one for page in pages(mailing, LeftOut.STOPPED) for one in page.people]

    assert len(shown) == PER_PAGE + 1
    assert {one.why for one in shown} == {"Просил не писать"}
    assert not any(one.text for one in shown)


def test_who_lacks_values_is_named_the_placeholders() -> None:
    mailing = prepared_mailing(MemberFactory(), phone(0))
    left_out(mailing, 7, LeftOut.LACKS_VALUE, lacks="имя\nгород")
    [one] = people_page(mailing, part=LeftOut.LACKS_VALUE).people
    assert one.why == "{имя}, {город}"


@pytest.mark.parametrize("fault", TextFault)
def test_each_fault_of_a_text_has_words(fault: TextFault) -> None:
    mailing = prepared_mailing(MemberFactory(), phone(0))
    left_out(mailing, 7, LeftOut.TEXT_REFUSED, note=fault)
    [one] = people_page(mailing, part=LeftOut.TEXT_REFUSED).people
    assert len(one.why) > len(fault)


def test_an_unknown_part_is_those_who_get_it() -> None:
    mailing = prepared_mailing(MemberFactory(), phone(0))
    assert people_page(mailing, part="nobody").part == REACHED
