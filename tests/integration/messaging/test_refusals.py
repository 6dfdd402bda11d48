"""What users and attackers write into the compose form, and what they are told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from portal.messaging.forms import MOST_NUMBERS_CHARACTERS, MOST_TEXT_CHARACTERS
from portal.senders.models import SenderState
from tests.factories import (
    ContactFactory,
    GroupFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
)
from tests.integration.messaging.desk import Desk


def errors_of(desk: Desk, field: str, **changes: Any) -> str:
    """What the form says at the field, on both steps alike; nothing is stored on either."""
    said = []
    for step in (desk.confirm, desk.send):
        response = step(**changes)
        assert response.status_code == 200
        said.append("\n".join(response.context["form"].errors.get(field, [])))
    assert desk.messages() == []
    assert said[0] == said[1]
    return said[0]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("PhoneNumber=79990000000", 1),
        ("\n\n sMsUsEr = x", 1),
        ("\ufeffPassword=1", 1),
        ("\u00a0SourceAddress=X", 1),
        ("\u00adPhoneNumber=7999", 1),
        ("Привет\nPhoneNumber=79990000000", 2),
        ("Привет\r\n\r\nPassword =", 3),
        ("Привет\u2028SmsUser=x", 2),
    ],
)
def test_a_line_that_the_operator_would_take_for_a_field_is_refused(
    desk: Desk, text: str, line: int
) -> None:
    said = errors_of(desk, "text", text=text)

    assert f"Line {line} begins with" in said


@pytest.mark.parametrize(
    "line_break", ["\r\n", "\r", "\n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c"]
)
def test_every_kind_of_line_break_is_stored_as_one(desk: Desk, line_break: str) -> None:
    desk.send(text=f"Один{line_break}Два\tтри")

    assert [message.text for message in desk.messages()] == ["Один\nДва три"]


@pytest.mark.parametrize("control", ["\x01", "\x1b", "\x1c", "\x7f"])
def test_control_characters_are_refused(desk: Desk, control: str) -> None:
    assert "Line 1 has an invisible control character" in errors_of(
        desk, "text", text=f"При{control}вет"
    )


def test_a_null_character_is_refused(desk: Desk) -> None:
    assert errors_of(desk, "text", text="При\0вет")
    assert errors_of(desk, "numbers", numbers="7921000\0000")


@pytest.mark.parametrize("character", ["₽", "₸", "🦷", "ә", "\u202f"])
def test_a_character_that_cannot_be_sent_is_named_with_its_place(
    desk: Desk, character: str
) -> None:
    said = errors_of(desk, "text", text=f"Цена:\n500 {character}")

    assert "line 2, place 5" in said
    assert "cannot carry" in said


def test_a_character_with_a_plain_substitute_is_refused_with_it(desk: Desk) -> None:
    assert "руб." in errors_of(desk, "text", text="500 ₽")


@pytest.mark.parametrize("dots", [".", "..", "Было.\n.\n..\nСтало"])
def test_lines_of_dots_are_kept(desk: Desk, dots: str) -> None:
    desk.send(text=dots)

    assert [message.text for message in desk.messages()] == [dots]


def test_a_very_long_line_is_kept_whole(desk: Desk) -> None:
    desk.organisation.segment_ceiling = 50
    desk.organisation.save()

    desk.send(text="я" * 1500)

    assert [len(message.text) for message in desk.messages()] == [1500]


@pytest.mark.parametrize(
    "value", ["АBC", "ACME\n", "acme", "ACMEACMEACME", "1" * 16, "SMS Info", "", "\0", "UNKNOWN"]
)
def test_a_sender_name_that_is_not_exactly_an_approved_one_is_refused(
    desk: Desk, value: str
) -> None:
    SenderNameFactory(organisation=desk.organisation, value="SECOND")

    assert "approved sender names" in errors_of(desk, "sender", sender=value)


def test_a_sender_name_of_another_organisation_is_refused(desk: Desk) -> None:
    SenderNameFactory(organisation=OrganisationFactory(), value="FOREIGN")

    assert errors_of(desk, "sender", sender="FOREIGN")


def test_a_revoked_sender_name_is_refused(desk: Desk) -> None:
    SenderNameFactory(organisation=desk.organisation, value="OLD", state=SenderState.REVOKED)

    assert errors_of(desk, "sender", sender="OLD")


def test_a_sender_name_kept_for_others_is_refused(desk: Desk) -> None:
    kept = SenderNameFactory(organisation=desk.organisation, value="BOSS")
    kept.limited_to.add(MemberFactory(organisation=desk.organisation))

    assert errors_of(desk, "sender", sender="BOSS")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("٧٩٢١٠٠٠٠٠٠٠", "digits 0 to 9"),
        ("7921OOOOOOO", "a letter “O”"),
        ("+79210000000;ext=5", "extension"),
        ("7921123456", "10 instead of 11"),
        ("+79210000000+79210000001", "run together"),
        ("+4915112345678", "does not send to this country"),
        ("88123456789", "not a mobile number"),
    ],
)
def test_a_number_that_cannot_be_sent_to_is_refused_by_its_own_reason(
    desk: Desk, raw: str, reason: str
) -> None:
    response = desk.confirm(numbers=f"79210000000, {raw}")

    [said] = response.context["form"].errors["numbers"]
    assert reason in said
    assert raw in said
    assert raw in response.content.decode()


def test_every_wrong_number_gets_a_line_of_its_own(desk: Desk) -> None:
    said = errors_of(desk, "numbers", numbers="7921123456\nпривет\n79210000000").split("\n")

    assert [line.split(":")[0] for line in said] == ["7921123456", "привет"]


def test_a_message_to_nobody_is_refused(desk: Desk) -> None:
    assert "at least one recipient" in errors_of(desk, "numbers", numbers=" \n ")


@pytest.mark.parametrize("text", ["", "  \n\n ", "\u200b"])
def test_a_message_of_nothing_is_refused(desk: Desk, text: str) -> None:
    assert "Write the text." in errors_of(desk, "text", text=text)


def test_everything_wrong_is_told_at_once(desk: Desk) -> None:
    errors = desk.confirm(sender="X", numbers="x", text="").context["form"].errors

    assert {"sender", "numbers", "text"} <= set(errors)


def test_more_segments_than_allowed_are_refused(desk: Desk) -> None:
    desk.organisation.segment_ceiling = 2
    desk.organisation.save()

    assert "takes 3 segments" in errors_of(desk, "text", text="я" * 135)


def test_too_long_a_text_is_refused_by_its_length(desk: Desk) -> None:
    said = errors_of(desk, "text", text="a\r\n" * MOST_TEXT_CHARACTERS)

    assert str(2 * MOST_TEXT_CHARACTERS) in said.replace(",", "")


def test_too_many_numbers_at_once_are_refused(desk: Desk) -> None:
    assert "Too many numbers" in errors_of(
        desk, "numbers", numbers="7" * (MOST_NUMBERS_CHARACTERS + 1)
    )


def test_too_many_contacts_picked_one_by_one_are_refused(desk: Desk) -> None:
    assert "put the others into a group" in errors_of(
        desk, "contacts", contacts=list(range(1, 400))
    )


@pytest.mark.parametrize("key", ["", "x", "A" * 32, "resend-1-0", "0" * 33, "\0" * 32])
def test_a_form_without_a_proper_key_is_refused(desk: Desk, key: str) -> None:
    assert "Open a new one" in errors_of(desk, "form_key", form_key=key)


def test_markup_in_texts_and_names_is_inert(desk: Desk) -> None:
    evil = "<script>alert(1)</script>"

    for page in (desk.confirm(text=evil), desk.live(text=evil), desk.confirm(numbers=evil)):
        assert "<script>alert" not in page.content.decode()


def test_a_refused_form_keeps_everything_typed(desk: Desk) -> None:
    filled_in = desk.filled_in(numbers="7921123456", text="Строка\nещё строка")

    page = desk.confirm(**filled_in).content.decode()

    for kept in ("7921123456", "Строка\nещё строка", filled_in["form_key"], "ACME"):
        assert kept in page


def test_substitutes_are_put_in_by_one_click(desk: Desk) -> None:
    typed = desk.filled_in(text="500 ₽ – \u2011 10\u202f%", substitute="1")

    page = desk.client.post(reverse("messaging:compose"), typed)

    assert page.context["form"]["text"].value() == "500 руб. – - 10 %"


def test_the_page_costs_few_queries_with_many_errors(
    desk: Desk, django_assert_max_num_queries: Callable[..., object]
) -> None:
    with django_assert_max_num_queries(16):
        desk.confirm(numbers="x\n" * 1000, text="₽" * 1000)


def test_a_name_left_in_the_search_is_refused_until_somebody_is_picked_for_it(desk: Desk) -> None:
    group = GroupFactory(organisation=desk.organisation, name="Клиенты")
    group.contacts.add(ContactFactory(organisation=desk.organisation, name="Анна Смирнова"))

    refused = desk.confirm(q=" кл ")
    assert refused.context["form"].errors["q"] == [
        "Nobody was picked for “кл”. Pick from the list or clear the field."
    ]
    assert [choice.label for choice in refused.context["found"]] == ["Клиенты"]
    assert desk.confirm(q="анна", groups=[group.pk]).context["form"].errors["q"]

    assert "draft" in desk.confirm(q="кл", groups=[group.pk]).context
    assert "draft" in desk.confirm(q=" ").context
