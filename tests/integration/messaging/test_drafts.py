"""The form saves itself: what was typed is there again, on whatever page."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse

from portal.messaging.models import Mailing, Stage
from tests.factories import ContactFactory, MemberFactory
from tests.integration.messaging.desk import Desk

pytestmark = pytest.mark.django_db

KEY, PEN, OTHER_PEN = "1" * 32, "a" * 32, "b" * 32


def save(desk: Desk, **changes: Any) -> HttpResponse:
    typed = desk.filled_in(**{"form_key": KEY, "pen": PEN, **changes})
    return desk.client.post(reverse("messaging:save"), typed)  # type: ignore[return-value]


def test_what_was_typed_is_kept_and_opened_again(desk: Desk) -> None:
    anna = ContactFactory(organisation=desk.organisation, name="Анна")

    saved = save(desk, text="Привет, {name}", contacts=[anna.pk], **{"defaults:name": "друг"})

    draft = Mailing.objects.get()
    assert "Saved " in saved.content.decode()
    for address in (saved.headers["HX-Replace-Url"], reverse("messaging:draft", args=[draft.pk])):
        form = desk.client.get(address).context["form"]
        assert form["text"].value() == "Привет, {name}"
        assert form["numbers"].value() == "8 (921) 000-00-00"
        assert form.picked.contact_ids == (anna.pk,)
        assert form.content.defaults == {"name": "друг"}
        assert form["form_key"].value() == KEY


def test_a_form_is_one_draft_however_often_it_is_saved(desk: Desk) -> None:
    save(desk, text="А")
    save(desk, text="АБ")

    assert [draft.text for draft in Mailing.objects.all()] == ["АБ"]


def test_a_form_that_was_emptied_keeps_no_draft(desk: Desk) -> None:
    save(desk)
    emptied = save(desk, text=" ", numbers="\n")

    assert not Mailing.objects.exists()
    assert emptied.headers["HX-Replace-Url"] == reverse("messaging:compose")


def test_what_was_sent_needs_no_draft(desk: Desk) -> None:
    save(desk)
    sent = desk.send(form_key=KEY)

    assert not Mailing.objects.exists()
    again = desk.client.get(reverse("messaging:compose"), {"form": KEY})
    assert again.headers["Location"] == sent.headers["Location"]


def test_another_page_that_has_not_seen_the_last_words_does_not_overwrite_them(desk: Desk) -> None:
    save(desk, text="А")
    seen = Mailing.objects.get().changed_at.isoformat()
    save(desk, text="АБ")

    late = save(desk, text="В", pen=OTHER_PEN, seen=seen)

    assert "changed on another page" in late.content.decode()
    assert "Keep this as a new draft" in late.content.decode()
    assert Mailing.objects.get().text == "АБ"


def test_another_page_that_has_seen_them_goes_on(desk: Desk) -> None:
    save(desk, text="А")
    seen = Mailing.objects.get().changed_at.isoformat()

    save(desk, text="АБ", pen=OTHER_PEN, seen=seen)

    assert Mailing.objects.get().text == "АБ"


def test_a_new_draft_is_made_of_what_another_page_would_have_overwritten(desk: Desk) -> None:
    typed = desk.filled_in(form_key=KEY, text="В", anew="1")

    form = desk.client.post(reverse("messaging:compose"), typed).context["form"]

    assert form["text"].value() == "В"
    assert form["form_key"].value() != KEY


def test_drafts_are_offered_to_their_author_alone(desk: Desk) -> None:
    save(desk, text="Почти готово")
    offered = desk.client.get(reverse("messaging:compose")).content.decode()
    colleague = MemberFactory(organisation=desk.organisation, role=desk.member.role)
    desk.client.force_login(colleague)

    assert "Почти готово" in offered
    assert "Почти готово" not in desk.client.get(reverse("messaging:compose")).content.decode()
    draft = reverse("messaging:draft", args=[Mailing.objects.get().pk])
    assert desk.client.get(draft).status_code == 404


def test_another_authors_form_key_names_no_draft_of_mine(desk: Desk) -> None:
    save(desk)
    desk.client.force_login(MemberFactory(organisation=desk.organisation))

    save(desk, text="Чужое")

    assert Mailing.objects.get().text == "Привет, мир!"


@pytest.mark.parametrize("key", ["", "x" * 32, "\0" * 32])
def test_a_damaged_form_is_not_saved(desk: Desk, key: str) -> None:
    assert save(desk, form_key=key).status_code == 400


def test_signs_that_no_draft_can_hold_are_left_out_of_it(desk: Desk) -> None:
    save(desk, text="А\0Б", numbers="7921\0", sender="\0")

    assert Mailing.objects.get().text == "АБ"


def test_what_has_become_more_than_a_draft_is_not_saved_over(desk: Desk) -> None:
    save(desk)
    Mailing.objects.update(stage=Stage.PREPARED)

    assert "changed on another page" in save(desk, text="Позже").content.decode()
    assert Mailing.objects.get().text == "Привет, мир!"
