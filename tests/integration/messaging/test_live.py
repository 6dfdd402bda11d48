"""The panel that counts while one types."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from portal.accounts.models import Plan
from portal.contacts.models import Contact
from portal.messaging.live import Outlook
from tests.factories import ContactFactory, GroupFactory, OrganisationFactory, contacts_made
from tests.integration.messaging.desk import Desk


def outlook_of(desk: Desk, **changes: Any) -> Outlook:
    outlook = desk.live(**changes).context["outlook"]
    assert isinstance(outlook, Outlook)
    return outlook


def test_a_russian_text_is_counted_as_ucs2_with_the_character_that_forces_it(desk: Desk) -> None:
    outlook = outlook_of(desk, text="Привет")

    assert (outlook.text.counted.characters, outlook.text.counted.segments) == (6, 1)
    assert outlook.text.counted.left == 64
    assert (outlook.text.is_unicode, outlook.text.forced_by) == (True, "П")


def test_a_latin_text_is_counted_as_gsm(desk: Desk) -> None:
    page = desk.live(text="Hello").content.decode()

    assert "GSM-7" in page
    assert "155 more fit" in page


def test_segments_multiply_with_recipients(desk: Desk) -> None:
    outlook = outlook_of(desk, text="я" * 71, numbers="79210000000,79210000001")

    assert (outlook.text.counted.segments, outlook.segments_in_all) == (2, 4)


def test_line_breaks_of_a_browser_count_once(desk: Desk) -> None:
    assert outlook_of(desk, text="a\r\nb").text.counted.characters == 3


def test_merged_and_refused_numbers_are_told(desk: Desk) -> None:
    page = desk.live(numbers="79210000000\n8 921 000-00-00\n7921123456").content.decode()

    assert "Will reach 1 person: 2 picked, 1 duplicate." in page
    assert "7921123456" in page
    assert "10 instead of 11" in page


def test_an_unsendable_character_is_listed_once_with_its_substitute(desk: Desk) -> None:
    found = outlook_of(desk, text="1 ₽ и 2 ₽, \u202f🦷").text.unsendable

    assert [(one.shown, one.times, one.substitute) for one in found] == [
        ("₽", 2, "руб."),
        ("U+202F", 1, " "),
        ("🦷", 1, None),
    ]


def test_the_letter_is_shown_exactly_with_the_password_masked(desk: Desk) -> None:
    outlook = outlook_of(desk, numbers="8 921 000-00-00, 79111234567", text="Привет, мир!")

    assert outlook.letter == (
        "SmsUser=acme\nPassword=••••••\nSourceAddress=ACME\n"
        "PhoneNumber=79210000000,79111234567\nПривет, мир!\n"
    )


def test_the_letter_is_the_first_of_as_many_as_the_account_needs(desk: Desk) -> None:
    numbers = [f"7921000{number:04}" for number in range(170)]

    outlook = outlook_of(desk, numbers="\n".join(numbers))

    assert outlook.envelopes_count == 3
    assert ",".join(numbers[:80]) + "\n" in outlook.letter


@pytest.mark.parametrize(
    "unfinished", [{"text": ""}, {"numbers": ""}, {"sender": "FOREIGN"}, {"text": "Password=1"}]
)
def test_an_unfinished_form_has_no_letter_yet(desk: Desk, unfinished: dict[str, str]) -> None:
    assert outlook_of(desk, **unfinished).letter == ""


def test_a_free_organisation_sees_no_money(desk: Desk) -> None:
    assert outlook_of(desk).money is None


def test_a_prepaid_organisation_sees_when_its_balance_does_not_suffice(
    desk_of: Callable[..., Desk],
) -> None:
    desk = desk_of(plan=Plan.PREPAID, price_per_segment=Decimal("2.50"))

    response = desk.live()

    assert response.context["outlook"].money.is_short
    assert "does not cover" in response.content.decode()


def test_too_long_a_text_is_not_even_counted(desk: Desk) -> None:
    outlook = outlook_of(desk, text="₽" * 500_000)

    assert "too long" in outlook.text.fault


def test_the_panel_changes_nothing(desk: Desk) -> None:
    desk.live()

    assert desk.messages() == []


def found(desk: Desk, query: str, **picked: Any) -> list[str]:
    response = desk.client.post(reverse("messaging:recipients"), {"q": query, **picked})
    return [choice.label for choice in response.context["found"]]


def test_contacts_are_found_by_any_word_of_the_name_and_by_number(desk: Desk) -> None:
    ContactFactory(organisation=desk.organisation, name="Алёна Смирнова", phone="79215554433")
    ContactFactory(organisation=desk.organisation, name="Иван Петров", phone="79110000001")

    assert found(desk, "смир") == ["Алёна Смирнова"]
    assert found(desk, "алена") == ["Алёна Смирнова"]
    assert found(desk, "8 (921) 555") == ["Алёна Смирнова"]
    assert found(desk, "нет таких") == []


def test_an_empty_search_offers_groups(desk: Desk) -> None:
    ContactFactory(organisation=desk.organisation)
    GroupFactory(organisation=desk.organisation, name="Все")

    assert found(desk, "") == ["Все"]


def test_what_is_picked_is_not_offered_again(desk: Desk) -> None:
    contact = ContactFactory(organisation=desk.organisation, name="Анна")

    assert found(desk, "анна") == ["Анна"]
    assert found(desk, "анна", contacts=[contact.pk]) == []


def test_nobody_of_another_organisation_is_found(desk: Desk) -> None:
    foreign = OrganisationFactory()
    ContactFactory(organisation=foreign, name="Анна")
    GroupFactory(organisation=foreign, name="Анны")

    assert found(desk, "анн") == []


@pytest.mark.parametrize("query", ["'", "a & | !", "\0", "o'brien", ":*", "%", "(" * 300])
def test_a_search_of_signs_finds_nobody(desk: Desk, query: str) -> None:
    ContactFactory(organisation=desk.organisation, name="Анна")

    assert found(desk, query) == []


def test_without_scripts_the_search_result_is_part_of_the_form(desk: Desk) -> None:
    ContactFactory(organisation=desk.organisation, name="Анна")
    typed = desk.filled_in(q="анна", find="1")

    page = desk.client.post(reverse("messaging:compose"), typed).content.decode()

    assert "Анна" in page
    assert "Привет, мир!" in page


def test_the_panel_costs_few_queries_with_many_contacts(
    desk: Desk, django_assert_max_num_queries: Callable[..., object]
) -> None:
    group = GroupFactory(organisation=desk.organisation)
    contacts_made(
        desk.organisation, [f"N{i}" for i in range(300)], [f"7911{i:07}" for i in range(300)]
    )
    group.contacts.set(Contact.objects.filter(organisation=desk.organisation))

    with django_assert_max_num_queries(8):
        desk.live(groups=[group.pk])


def test_what_the_button_on_a_phone_comes_to_is_told_beside_it(
    desk_of: Callable[..., Desk],
) -> None:
    desk = desk_of(price_per_segment="2.50")

    page = desk.live(numbers="79210000000\n79210000001").content.decode()

    [short] = re.findall(r'<p id="live-short"[^>]*>(.*?)</p>', page, re.DOTALL)
    assert "2 recipients" in short
    assert "5.00\u00a0₽" in short


def test_emoji_are_taken_out_and_letters_stay(desk: Desk) -> None:
    response = desk.client.post(
        reverse("messaging:compose"),
        desk.filled_in(text="Ждём 👨\u200d👩 🏽‼\ufe0f ә за 5 ₽", leave_out="1"),
    )

    assert response.context["form"]["text"].value() == "Ждём  ‼ ә за 5 ₽"


def test_the_character_that_forces_ucs2_is_told_with_its_place(desk: Desk) -> None:
    outlook = outlook_of(desk, text="\nHello\nyou “there”")

    assert (outlook.text.forced_by, outlook.text.forced_at) == ("“", (3, 5))


def test_what_the_next_segment_costs_is_told_for_everybody(desk_of: Callable[..., Desk]) -> None:
    desk = desk_of(price_per_segment="2.50", segment_ceiling=2)
    numbers = "79210000000\n79210000001"

    page = desk.live(numbers=numbers).content.decode()
    full = desk.live(numbers=numbers, text="я" * 71).content.decode()

    assert "The next segment would cost 5.00\u00a0₽ more for all" in page
    assert "There is room for no segment more." in full
    assert "The next segment" not in full


def test_plain_characters_are_offered_where_they_save_a_segment(desk: Desk) -> None:
    text = "“Plain” words – " * 6

    page = desk.live(text=text).content.decode()
    mended = desk.client.post(reverse("messaging:compose"), desk.filled_in(text=text, simplify="1"))

    assert "save 1 segment." in page
    assert mended.context["form"]["text"].value() == '"Plain" words - ' * 6


def test_nothing_is_offered_where_plain_characters_save_nothing(desk: Desk) -> None:
    assert "Simplify" not in desk.live(text="«Привет» — " * 10).content.decode()
