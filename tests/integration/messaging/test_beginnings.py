"""What a new form can begin with."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from portal.messaging.forms import ComposeForm
from portal.messaging.models import Mailing, Sheet, Stage
from tests.factories import (
    ContactFactory,
    MemberFactory,
    TemplateFactory,
    submit_message,
)
from tests.integration.messaging.desk import Desk

pytestmark = pytest.mark.django_db


def begun(desk: Desk, **asked: Any) -> ComposeForm:
    form = desk.client.get(reverse("messaging:compose"), asked).context["form"]
    assert isinstance(form, ComposeForm)
    return form


def typed_again(desk: Desk, **changes: Any) -> Any:
    return desk.client.post(reverse("messaging:compose"), desk.filled_in(**changes)).context


def test_a_template_is_put_in_by_its_address(desk: Desk) -> None:
    template = TemplateFactory(organisation=desk.organisation, text="Ждём вас, {name}")

    assert begun(desk, template=template.pk)["text"].value() == "Ждём вас, {name}"


def test_a_template_takes_the_place_of_nothing_that_was_written_without_a_question(
    desk: Desk,
) -> None:
    template = TemplateFactory(organisation=desk.organisation, text="Ждём вас")

    asked = typed_again(desk, template=template.pk)
    replaced = typed_again(desk, template=template.pk, replace="1")

    assert asked["form"]["text"].value() == "Привет, мир!"
    assert asked["template_asked_for"] == template
    assert replaced["form"]["text"].value() == "Ждём вас"
    assert typed_again(desk, template=template.pk, text=" ")["form"]["text"].value() == "Ждём вас"


def test_a_foreign_template_message_or_spreadsheet_begins_nothing(desk: Desk) -> None:
    foreign = MemberFactory()
    template = TemplateFactory(organisation=foreign.organisation)
    message = submit_message(foreign)
    sheet = Sheet.objects.create(organisation=foreign.organisation, author=foreign)

    form = begun(desk, template=template.pk, again=message.pk, sheet=sheet.pk)

    assert form["text"].value() == ""
    assert form["numbers"].value() in {None, ""}
    assert form.chosen_sheet is None


def test_a_message_is_written_again_with_its_people_and_its_text(desk: Desk) -> None:
    message = submit_message(desk.member, "79210000000", "79210000001", text="Код {1}")

    form = begun(desk, again=message.pk)

    assert form["text"].value() == "Код {{1}}"
    assert form["sender"].value() == "ACME"
    assert form["numbers"].value() == "+79210000000\n+79210000001"
    link = f"{reverse('messaging:compose')}?again={message.pk}"
    assert link in desk.client.get(reverse("history:message", args=[message.pk])).content.decode()


def test_the_rows_of_a_spreadsheet_are_its_recipients_and_its_columns_the_placeholders(
    desk: Desk,
) -> None:
    sheet = Sheet.objects.create(
        organisation=desk.organisation,
        author=desk.member,
        file_name="гости.xlsx",
        columns=["телефон", "сумма", ""],
        phone_column=0,
        row_count=1200,
    )

    page = desk.client.get(reverse("messaging:compose"), {"sheet": sheet.pk})

    assert [one.written for one in page.context["offered"]] == ["{телефон}", "{сумма}"]
    assert "гости.xlsx" in page.content.decode()
    assert len(page.context["outlook"].audience) == 1200
    without = typed_again(desk, sheet=sheet.pk, without_sheet="1")
    assert without["form"].chosen_sheet is None


def test_a_personal_text_is_counted_for_the_first_recipients(desk: Desk) -> None:
    people = [
        ContactFactory(organisation=desk.organisation, given_name=name, name=name).pk
        for name in ("Анна", "Я" * 70)
    ]

    outlook = desk.live(text="{name}, ждём", numbers="", contacts=people).context["outlook"]

    assert (outlook.text.samples.least, outlook.text.counted.segments) == (1, 2)
    assert outlook.segments_in_all == 3


def test_an_unknown_placeholder_is_refused_with_the_nearest_one(desk: Desk) -> None:
    page = desk.confirm(text="{nane}, ждём")

    assert "Did you mean “name”?" in page.content.decode()
    assert desk.messages() == []


def test_a_value_that_nobody_has_is_told_while_one_types(desk: Desk) -> None:
    page = desk.live(text="{name}, ждём").content.decode()

    assert "1 of them lacks a value" in page
    assert "{name}, ждём</p>" in page
    assert 'name="defaults:name"' in page


def test_what_is_not_one_text_for_all_becomes_a_mailing(desk: Desk) -> None:
    ContactFactory(organisation=desk.organisation, given_name="Анна", phone="79210000000")

    prepared = desk.confirm(text="{name}, ждём", **{"defaults:name": "Друг"}, skip_missing="on")

    mailing = Mailing.objects.get()
    assert prepared.headers["Location"] == reverse("messaging:mailing", args=[mailing.pk])
    assert mailing.stage in {Stage.PREPARING, Stage.PREPARED}
    assert mailing.when_missing == {"defaults": {"name": "Друг"}, "skip": True}
    assert desk.messages() == []


def test_a_time_is_kept_with_the_draft_and_opened_again(desk: Desk) -> None:
    when = {"when-mode": "once", "when-day": "2031-05-06", "when-at": "10:30"}
    page = desk.confirm(**when)

    assert page.context["form"].when["day"].errors
    assert desk.messages() == []


def test_half_a_trial_part_is_refused_at_the_other_field(desk: Desk) -> None:
    form = desk.confirm(canary_size="5").context["form"]

    assert form.errors.keys() == {"canary_minutes"}


def test_the_price_of_a_personal_text_is_told_as_about(desk: Desk) -> None:
    desk.organisation.price_per_segment = Decimal("2.50")
    desk.organisation.save()

    page = desk.live(text="{name}, ждём", numbers="").content.decode()

    assert "It would read" in page
