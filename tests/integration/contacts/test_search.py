import pytest

from portal.accounts.models import Organisation
from portal.contacts.models import Contact
from portal.contacts.search import search_page
from tests.factories import ContactFactory, OrganisationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation() -> Organisation:
    organisation: Organisation = OrganisationFactory()
    return organisation


def found(query: str, *, countries: tuple[str, ...] = ("RU",)) -> list[str]:
    page = search_page(Contact.objects.all(), query, countries=countries)
    return [contact.name for contact in page.items]


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
    organisation: Organisation, name: str, query: str
) -> None:
    ContactFactory(organisation=organisation, name=name)

    assert found(query) == [name]


@pytest.mark.parametrize("query", ["нна", "анна яна", "петр ova", "анна'", "'анна", "-анна"])
def test_every_word_must_start_as_typed(organisation: Organisation, query: str) -> None:
    ContactFactory(organisation=organisation, name="Анна Петрова")

    assert bool(found(query)) == (query.strip("'-") == "анна")


@pytest.mark.parametrize(
    "query",
    ["8 (921)", "+7921", "+7 921 000", "7921", "921", "8921", "89210000000", "8-921-000-00-00"],
)
def test_the_start_of_the_number_in_any_spelling_finds_it(
    organisation: Organisation, query: str
) -> None:
    ContactFactory(organisation=organisation, name="Анна", phone="79210000000")
    ContactFactory(organisation=organisation, name="Яна", phone="79110000000")

    assert found(query) == ["Анна"]


@pytest.mark.parametrize("query", ["0000", "+921", "+8921"])
def test_digits_that_do_not_start_the_number_find_nobody(
    organisation: Organisation, query: str
) -> None:
    ContactFactory(organisation=organisation, name="Анна", phone="79210000000")

    assert found(query) == []


def test_a_leading_eight_is_no_seven_where_neither_country_is_allowed(
    organisation: Organisation,
) -> None:
    ContactFactory(organisation=organisation, name="Анна", phone="79210000000")

    assert found("8921", countries=("BY",)) == []


@pytest.mark.parametrize("query", ["", "   "])
def test_a_blank_query_keeps_all(organisation: Organisation, query: str) -> None:
    ContactFactory.create_batch(2, organisation=organisation)

    assert len(found(query)) == 2


@pytest.mark.parametrize(
    "query", ["!!!", "' | 'a':*", "a:*b & (", "\\", "%", "\0", "²", "x" * 5000, "☃", "'':*", "<->"]
)
def test_punctuation_and_query_language_are_only_text(
    organisation: Organisation, query: str
) -> None:
    ContactFactory(organisation=organisation, name="Анна")

    assert found(query) in ([], ["Анна"] if not query.strip("\0") else [])


@pytest.mark.parametrize("query", ["", "анн", "8921"])
def test_what_is_found_comes_by_name_page_by_page(organisation: Organisation, query: str) -> None:
    for number, name in enumerate(("Яна Анненкова", "анна", "Борис Аннин", "Анна")):
        ContactFactory(organisation=organisation, name=name, phone=f"7921000000{number}")

    first = search_page(Contact.objects.all(), query, size=3)
    second = search_page(Contact.objects.all(), query, cursor=first.next_cursor, size=3)

    names = [contact.name for contact in first.items + second.items]
    assert names == ["анна", "Анна", "Борис Аннин", "Яна Анненкова"]
    assert second.next_cursor is None
