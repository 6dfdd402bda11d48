import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import Organisation
from portal.contacts.models import Contact
from portal.core.keyset import KeysetPage, keyset_page
from tests.factories import ContactFactory, OrganisationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation() -> Organisation:
    return OrganisationFactory()


def walk(fields: tuple[str, ...], *, size: int) -> list[KeysetPage[Contact]]:
    pages: list[KeysetPage[Contact]] = []
    cursor = None
    while True:
        pages.append(keyset_page(Contact.objects.all(), fields=fields, cursor=cursor, size=size))
        cursor = pages[-1].next_cursor
        if cursor is None:
            return pages


def names(pages: list[KeysetPage[Contact]]) -> list[str]:
    return [contact.name for page in pages for contact in page.items]


def test_pages_hold_every_row_once_in_order(organisation: Organisation) -> None:
    for name in ("Яна", "анна", "Борис", "Анна", "Ёлка"):
        ContactFactory(organisation=organisation, name=name)

    pages = walk(("search_key", "id"), size=2)

    assert names(pages) == ["анна", "Анна", "Борис", "Ёлка", "Яна"]
    assert [len(page.items) for page in pages] == [2, 2, 1]
    assert [page.is_first for page in pages] == [True, False, False]


def test_rows_of_the_same_name_are_told_apart_by_the_next_field(
    organisation: Organisation,
) -> None:
    made = ContactFactory.create_batch(5, organisation=organisation, name="Анна")

    pages = walk(("search_key", "id"), size=2)

    assert [contact.pk for page in pages for contact in page.items] == [c.pk for c in made]


def test_a_descending_list_starts_with_the_newest(organisation: Organisation) -> None:
    made = ContactFactory.create_batch(5, organisation=organisation)

    pages = walk(("-created_at", "-id"), size=2)

    assert [contact.pk for page in pages for contact in page.items] == [c.pk for c in made[::-1]]


def test_a_last_page_that_is_exactly_full_has_no_next_one(organisation: Organisation) -> None:
    ContactFactory.create_batch(4, organisation=organisation)

    assert [len(page.items) for page in walk(("id",), size=2)] == [2, 2]


def test_an_empty_list_is_one_empty_page() -> None:
    page = keyset_page(Contact.objects.all(), cursor=None)

    assert page == KeysetPage(items=[], next_cursor=None, is_first=True)


@pytest.mark.parametrize(
    "cursor", ["", "x", "\0", "é:é:é", "[1]", "WyJhIiwgMV0:1:2", "a" * 10_000, "%00"]
)
def test_a_broken_cursor_gives_the_first_page(organisation: Organisation, cursor: str) -> None:
    ContactFactory.create_batch(2, organisation=organisation)

    page = keyset_page(Contact.objects.all(), cursor=cursor, size=1)

    assert page.is_first
    assert page.items == [Contact.objects.order_by("search_key", "id")[0]]


@pytest.mark.parametrize("values", [["a"], ["a", "b"], ["a", "1", "2"], 7, None, ["a", None, 1]])
def test_a_cursor_whose_values_do_not_fit_gives_the_first_page(values: object) -> None:
    cursor = signing.dumps(values, salt="keyset:contacts.Contact:search_key,id")

    assert keyset_page(Contact.objects.all(), cursor=cursor).is_first


def test_a_cursor_of_another_list_gives_the_first_page(organisation: Organisation) -> None:
    ContactFactory.create_batch(3, organisation=organisation)
    other = keyset_page(Contact.objects.all(), fields=("-id",), cursor=None, size=1).next_cursor

    assert keyset_page(Contact.objects.all(), fields=("id",), cursor=other).is_first


@pytest.mark.parametrize("fields", [("search_key", "-id"), ()])
def test_an_order_of_two_directions_or_none_is_a_mistake_of_the_caller(
    fields: tuple[str, ...],
) -> None:
    with pytest.raises(ValueError, match="direction"):
        keyset_page(Contact.objects.all(), fields=fields, cursor=None)


def test_a_later_page_is_found_by_one_comparison_of_rows(organisation: Organisation) -> None:
    ContactFactory.create_batch(3, organisation=organisation)
    cursor = keyset_page(Contact.objects.all(), cursor=None, size=1).next_cursor

    with CaptureQueriesContext(
        connection,
    ) as queries:
        keyset_page(Contact.objects.all(), cursor=cursor, size=1)

    (query,) = queries.captured_queries
    assert '("contacts_contact"."search_key", "contacts_contact"."id") > (' in query["sql"]
    assert "OFFSET" not in query["sql"]
