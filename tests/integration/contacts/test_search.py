import pytest
from django.utils import timezone

from portal.accounts.models import Organisation, User
from portal.contacts.lists import search
from portal.contacts.lists.filters import Filters, Whose
from portal.contacts.lists.search import search_page
from portal.contacts.models import Contact, StopListEntry
from portal.core.keyset import KeysetPage
from tests.factories import ContactFactory, GroupFactory, MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> User:
    member: User = MemberFactory()
    return member


@pytest.fixture
def organisation(member: User) -> Organisation:
    assert member.organisation is not None
    return member.organisation


@pytest.fixture(params=["walk", "index"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is found by a walk is found where the walk is given up at once."""
    if request.param == "index":
        monkeypatch.setattr(search, "LONGEST_WALK", 1)
        monkeypatch.setattr(search, "LONGEST_WALK_OF_ROWS", 1)
        monkeypatch.setattr(search, "SHORTEST_WALK", 1)


def found(member: User, query: str, filters: Filters = search.NO_FILTERS) -> list[str]:
    page = search_page(member=member, query=query, filters=filters)
    return [contact.name for contact in page.items]


def walked(
    member: User, query: str, *, size: int, filters: Filters = search.NO_FILTERS
) -> list[KeysetPage[Contact]]:
    pages: list[KeysetPage[Contact]] = []
    cursor = None
    while not pages or cursor:
        pages.append(
            search_page(member=member, query=query, filters=filters, cursor=cursor, size=size)
        )
        cursor = pages[-1].next_cursor
    return pages


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Анна Петрова", "анн"),
        ("Анна Петрова", "ПЕТР"),
        ("Анна Петрова", "петрова анна"),
        ("Анна Петрова", "а п"),
        ("Пётр Ёлкин", "елк"),
        ("Петр Елкин", "Ёлк"),
        ("Анна Иванова-Петрова", "петр"),
        ("Анна Иванова-Петрова", "иванова-пет"),
        ("ООО/Ромашка", "ромаш"),
        ("shop.example.com", "exam"),
        ("anna@example.com", "example"),
        ("И.И.Иванов", "иван"),
        ("O'Neil", "o'ne"),
        ("Отдел 5", "5"),
        ("Дом №12", "№12"),
        ("Straße", "STRASSE"),
        ("Байкальский", "баи\u0306кал"),
        ("Большой  пробел", "  большой   проб "),
    ],
)
def test_the_start_of_any_word_finds_the_name(
    organisation: Organisation, member: User, name: str, query: str
) -> None:
    ContactFactory(organisation=organisation, name=name)

    assert found(member, query) == [name]


@pytest.mark.parametrize("query", ["нна", "анна яна", "петр ova", "анна'", "'анна", "-анна"])
def test_every_word_must_start_as_typed(
    organisation: Organisation, member: User, query: str
) -> None:
    ContactFactory(organisation=organisation, name="Анна Петрова")

    assert bool(found(member, query)) == (query.strip("'-") == "анна")


@pytest.mark.parametrize(
    "query",
    ["8 (921)", "+7921", "+7 921 000", "7921", "921", "8921", "89210000000", "8-921-000-00-00"],
)
def test_the_start_of_the_number_in_any_spelling_finds_it(
    organisation: Organisation, member: User, query: str
) -> None:
    ContactFactory(organisation=organisation, name="Анна", phone="79210000000")
    ContactFactory(organisation=organisation, name="Яна", phone="79110000000")

    assert found(member, query) == ["Анна"]


@pytest.mark.parametrize("query", ["000", "10000", "+921", "+8921"])
def test_digits_amid_the_number_find_nobody(
    organisation: Organisation, member: User, query: str
) -> None:
    ContactFactory(organisation=organisation, name="Анна", phone="79210000000")

    assert found(member, query) == []


def test_a_leading_eight_is_no_seven_where_neither_country_is_allowed() -> None:
    member = MemberFactory(organisation__allowed_countries=["BY"])
    ContactFactory(organisation=member.organisation, name="Анна", phone="79210000000")

    assert found(member, "8921") == []


@pytest.mark.parametrize("query", ["", "   "])
def test_a_blank_query_keeps_all(organisation: Organisation, member: User, query: str) -> None:
    ContactFactory.create_batch(2, organisation=organisation)

    assert len(found(member, query)) == 2


@pytest.mark.parametrize(
    "query", ["!!!", "' | 'a':*", "a:*b & (", "\\", "%", "\0", "²", "x" * 5000, "☃", "'':*", "<->"]
)
def test_punctuation_and_query_language_are_only_text(
    organisation: Organisation, member: User, query: str
) -> None:
    ContactFactory(organisation=organisation, name="Анна")

    assert found(member, query) in ([], ["Анна"] if not query.strip("\0") else [])


@pytest.mark.parametrize("query", ["", "анн"])
def test_what_is_found_comes_by_name_page_by_page(
    organisation: Organisation, member: User, query: str
) -> None:
    for number, name in enumerate(("Яна Анненкова", "анна", "Борис Аннин", "Анна")):
        ContactFactory(organisation=organisation, name=name, phone=f"7921000000{number}")

    pages = walked(member, query, size=3)

    names = [contact.name for page in pages for contact in page.items]
    assert names == ["анна", "Анна", "Борис Аннин", "Яна Анненкова"]
    assert [page.is_first for page in pages] == [True, False]


def test_names_that_begin_as_typed_come_before_those_with_such_words_further_on(
    organisation: Organisation, member: User
) -> None:
    for name in ("Бунин Алексей", "Абрамов Алексей", "Алексеев Яков", "Алексеев Пётр"):
        ContactFactory(organisation=organisation, name=name)

    assert found(member, "алек") == [
        "Алексеев Пётр",
        "Алексеев Яков",
        "Абрамов Алексей",
        "Бунин Алексей",
    ]


def test_numbers_come_by_number_and_names_with_such_words_after_them(
    organisation: Organisation, member: User
) -> None:
    ContactFactory(organisation=organisation, name="Отдел 7921", phone="79990000000")
    for last in (3, 1, 2):
        ContactFactory(organisation=organisation, name=f"Н{last}", phone=f"7921000000{last}")

    assert found(member, "7921") == ["Н1", "Н2", "Н3", "Отдел 7921"]


@pytest.mark.parametrize("query", ["4567", "45-67", "45 67"])
def test_the_last_four_digits_find_the_number(
    organisation: Organisation, member: User, query: str
) -> None:
    ContactFactory(organisation=organisation, name="Анна", phone="79211234567")
    ContactFactory(organisation=organisation, name="Яна", phone="79211234568")

    assert found(member, query) == ["Анна"]


@pytest.mark.parametrize("query", ["34567", "234567", "123-45-67", "1234567", "21 123 45 67"])
def test_more_of_the_last_digits_find_the_number(
    organisation: Organisation, member: User, query: str
) -> None:
    ContactFactory(organisation=organisation, name="Анна", phone="79211234567")
    ContactFactory(organisation=organisation, name="Яна", phone="79999994567")

    assert found(member, query) == ["Анна"]


@pytest.mark.parametrize("query", ["", "и", "иван", "иван пет", "7921", "0001", "00001", "5"])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_of_two_shelves_hold_each_contact_once(
    organisation: Organisation, member: User, query: str, size: int
) -> None:
    for number in range(6):
        for owner in (None, member):
            ContactFactory(
                organisation=organisation,
                owner=owner,
                name=("Иван Петров 5", "Петров Иван 0001", "Иванов Петя")[number % 3],
                phone=f"7921000{number:04}",
            )

    pages = walked(member, query, size=size)
    whole = search_page(member=member, query=query, size=50).items

    assert [contact for page in pages for contact in page.items] == whole
    assert len({contact.pk for contact in whole}) == len(whole) > 1


def test_nobody_finds_what_is_a_colleagues_own_or_another_organisations(
    organisation: Organisation, member: User
) -> None:
    ContactFactory(name="Анна Чужая")
    ContactFactory(
        organisation=organisation, owner=MemberFactory(organisation=organisation), name="Анна Не"
    )
    ContactFactory(organisation=organisation, owner=member, name="Анна Своя")
    ContactFactory(organisation=organisation, name="Анна Общая")

    assert found(member, "анн") == ["Анна Общая", "Анна Своя"]
    assert found(member, "анн", Filters(whose=Whose.OWN)) == ["Анна Своя"]
    assert found(member, "анн", Filters(whose=Whose.SHARED)) == ["Анна Общая"]


def test_archived_ones_are_found_apart_latest_first(
    organisation: Organisation, member: User
) -> None:
    made = [ContactFactory(organisation=organisation, name=f"Анна {n}") for n in range(5)]
    for contact in made[1:]:
        contact.archived_at = timezone.now()
        contact.save()

    pages = walked(member, "анн", size=2, filters=Filters(archived=True))

    assert found(member, "анн") == ["Анна 0"]
    names = [contact.name for page in pages for contact in page.items]
    assert names == ["Анна 4", "Анна 3", "Анна 2", "Анна 1"]


def test_filters_narrow_what_is_found(organisation: Organisation, member: User) -> None:
    group = GroupFactory(organisation=organisation)
    inside = ContactFactory(organisation=organisation, name="Анна В", field_values={"3": "Тверь"})
    group.contacts.add(inside)
    ContactFactory(organisation=organisation, name="Анна Без", phone="")
    stopped = ContactFactory(organisation=organisation, name="Анна Стоп")
    StopListEntry.objects.create(organisation=organisation, phone=stopped.phone, source="hand")
    platform = ContactFactory(organisation=organisation, name="Анна Всем")
    StopListEntry.objects.create(phone=platform.phone, source="administrator")

    assert found(member, "анн", Filters(group=group)) == ["Анна В"]
    assert found(member, "", Filters(values={3: "тверь"})) == ["Анна В"]
    assert found(member, "", Filters(values={3: "твер"})) == []
    assert found(member, "анн", Filters(numberless=True)) == ["Анна Без"]
    assert found(member, "", Filters(stopped=True)) == ["Анна Всем", "Анна Стоп"]
