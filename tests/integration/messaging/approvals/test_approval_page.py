"""The approver's page: the frozen snapshot, and the two answers."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.messaging.mailings.services import mailing_edit
from portal.messaging.models import LeftOut, Mailing, PreparedRecipient, Stage
from tests.factories import MemberFactory, OrganisationFactory
from tests.integration.messaging.approvals.prepared import in_approval, prepared_mailing

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> User:
    organisation = OrganisationFactory(price_per_segment=Decimal("2.50"))
    author: User = MemberFactory(organisation=organisation, name="Анна Иванова")
    return author


@pytest.fixture
def manager(author: User) -> User:
    manager: User = MemberFactory(organisation=author.organisation, role=Role.MANAGER)
    return manager


def client_of(member: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(member)
    return client


def look(member: User, mailing: Mailing) -> HttpResponse:
    answer = client_of(member).get(reverse("messaging:approval", args=[mailing.pk]))
    assert isinstance(answer, HttpResponse)
    return answer


def decide(member: User, mailing: Mailing, what: str, **fields: Any) -> HttpResponse:
    fields.setdefault("snapshot_hash", mailing.snapshot_hash)
    answer = client_of(member).post(
        reverse(f"messaging:approval_{what}", args=[mailing.pk]), fields, follow=True
    )
    assert isinstance(answer, HttpResponse)
    return answer


def stage_of(mailing: Mailing) -> str:
    mailing.refresh_from_db()
    return mailing.stage


def test_the_page_shows_the_frozen_snapshot(author: User, manager: User) -> None:
    mailing = in_approval(
        author,
        "79210000000",
        "79210000001",
        text="Здравствуйте, {имя}!",
        is_personalised=True,
        segments_in_all=3,
        most_segments=2,
        due_at=timezone.now() + timedelta(days=1),
    )
    mailing.prepared.filter(position=1).update(text="Здравствуйте, Пётр!")
    mailing.prepared.filter(position=2).update(text="Здравствуйте, Мария!", segments=2)

    page = look(manager, mailing).content.decode()

    assert "Анна Иванова" in page
    assert "everything that is sent needs approval here" in page
    assert "Здравствуйте, {имя}!" in page
    assert page.index("Здравствуйте, Мария!") < page.index("Здравствуйте, Пётр!")
    assert "7.50" in page
    assert 'id="reached">2<' in page
    assert mailing.snapshot_hash in page


def test_who_is_left_out_is_there_with_the_reason(author: User, manager: User) -> None:
    mailing = in_approval(author, reach={"left_out": {LeftOut.STOPPED: 1}})
    PreparedRecipient.objects.create(
        mailing=mailing,
        position=7,
        phone="79219999999",
        segments=0,
        units=0,
        left_out=LeftOut.STOPPED,
        note="Просил не писать",
    )
    assert "Who is on the stop list" in look(manager, mailing).content.decode()
    address = reverse("messaging:mailing_people", args=[mailing.pk])
    part = client_of(manager).get(address, {"part": "stopped"}, headers={"HX-Request": "true"})
    assert "+7 921 999-99-99" in part.content.decode()
    assert "Просил не писать" in part.content.decode()


def test_who_was_picked_in_vain_is_counted(author: User, manager: User) -> None:
    mailing = in_approval(author, reach={"duplicates": 3, "without_number": 4, "refused": 5})
    page = look(manager, mailing).content.decode()
    for words, count in (
        ("Repeated, sent once", 3),
        ("Without a number", 4),
        ("Not a number to send to", 5),
    ):
        assert f"<dt>{words}</dt><dd>{count}</dd>" in page


def test_approving_lets_it_go_on(author: User, manager: User) -> None:
    mailing = in_approval(author)
    page = decide(manager, mailing, "grant")
    assert stage_of(mailing) == Stage.SUBMITTING
    assert f"Mailing {mailing.pk} is approved" in page.content.decode()


def test_returning_needs_a_word_and_keeps_the_page(author: User, manager: User) -> None:
    mailing = in_approval(author)
    page = decide(manager, mailing, "return", word="  ")
    assert "Write what should be changed" in page.content.decode()
    assert stage_of(mailing) == Stage.IN_APPROVAL


def test_too_long_a_word_stays_in_the_form(author: User, manager: User) -> None:
    mailing = in_approval(author)
    page = decide(manager, mailing, "return", word="я" * 501)
    assert "я" * 501 in page.content.decode()
    assert stage_of(mailing) == Stage.IN_APPROVAL


def test_a_returned_mailing_is_out_of_the_approvers_sight(author: User, manager: User) -> None:
    mailing = in_approval(author, text="Совершенно секретно")
    decide(manager, mailing, "return", word="Опечатка")
    assert stage_of(mailing) == Stage.PREPARED
    again = client_of(manager).get(reverse("messaging:approval", args=[mailing.pk]), follow=True)
    assert "waits for no approval any more" in again.content.decode()
    assert "секретно" not in again.content.decode()


@pytest.mark.parametrize("what", ["grant", "return"])
def test_a_page_opened_before_its_author_took_it_back_decides_nothing(
    author: User, manager: User, what: str
) -> None:
    mailing = in_approval(author, text="Совершенно секретно")
    mailing_edit(mailing=mailing, actor=author)
    page = decide(manager, mailing, what, word="Опечатка")
    assert page.status_code == 200
    assert "секретно" not in page.content.decode()
    assert stage_of(mailing) == Stage.DRAFT


def test_a_page_of_another_snapshot_decides_nothing(author: User, manager: User) -> None:
    mailing = in_approval(author)
    page = decide(manager, mailing, "grant", snapshot_hash="2" * 64)
    assert "was changed since you opened it" in page.content.decode()
    assert stage_of(mailing) == Stage.IN_APPROVAL


def test_its_author_who_is_a_manager_sees_it_without_the_buttons(manager: User) -> None:
    mailing = in_approval(manager)
    page = look(manager, mailing).content.decode()
    assert 'id="decision"' not in page
    assert "Nobody approves their own" in page
    decide(manager, mailing, "grant")
    assert stage_of(mailing) == Stage.IN_APPROVAL


@pytest.mark.parametrize("role", [Role.SENDER, Role.AUDITOR])
def test_who_may_not_approve_sees_no_such_page(author: User, role: Role) -> None:
    mailing = in_approval(author)
    member = MemberFactory(organisation=author.organisation, role=role)
    assert look(member, mailing).status_code == 403
    assert decide(member, mailing, "grant").status_code == 403
    assert stage_of(mailing) == Stage.IN_APPROVAL


def test_for_another_organisations_manager_there_is_no_such_mailing(author: User) -> None:
    mailing = in_approval(author)
    stranger = MemberFactory(role=Role.MANAGER)
    assert look(stranger, mailing).status_code == 404
    assert decide(stranger, mailing, "grant").status_code == 404
    assert decide(stranger, mailing, "return", word="Нет").status_code == 404
    people = reverse("messaging:mailing_people", args=[mailing.pk])
    assert client_of(stranger).get(people).status_code == 404
    assert stage_of(mailing) == Stage.IN_APPROVAL


def test_a_mailing_that_was_never_asked_about_has_no_such_page(author: User, manager: User) -> None:
    assert look(manager, prepared_mailing(author)).status_code == 404


def test_recipients_of_a_mailing_that_is_its_authors_alone_are_theirs(
    author: User, manager: User
) -> None:
    mailing = prepared_mailing(author)
    people = reverse("messaging:mailing_people", args=[mailing.pk])
    assert client_of(manager).get(people).status_code == 404
    assert client_of(author).get(people).status_code == 200


def test_text_from_people_is_inert(author: User, manager: User) -> None:
    mailing = in_approval(author, text="<script>alert(1)</script>")
    assert "<script>alert" not in look(manager, mailing).content.decode()


def test_the_menu_says_how_many_wait_for_me(author: User, manager: User) -> None:
    in_approval(author)
    in_approval(author)
    in_approval(manager)
    in_approval(MemberFactory())
    home = reverse("messaging:mailings")
    badge = 'id="approvals-waiting">2<'
    assert badge in client_of(manager).get(home).content.decode()
    assert "approvals-waiting" not in client_of(author).get(home).content.decode()


def test_the_list_of_what_waits_leads_an_approver_to_it(author: User, manager: User) -> None:
    theirs, own = in_approval(author), in_approval(manager)
    page = client_of(manager).get(reverse("messaging:mailings"), {"tab": "approval"})
    assert reverse("messaging:approval", args=[theirs.pk]) in page.content.decode()
    assert reverse("messaging:approval", args=[own.pk]) not in page.content.decode()
