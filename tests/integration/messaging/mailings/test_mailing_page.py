"""The page of one mailing, and what is decided there."""

import html

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.rights import Role
from portal.delivery.models import Message
from portal.messaging.mailings.work import work_to_the_end
from portal.messaging.models import Mailing, Stage
from tests.factories import MemberFactory
from tests.integration.messaging.mailings.office import Office

PEOPLE = (("Анна", "79210000001"), ("Пётр", "79210000002"))


def page_of(client: Client, mailing: Mailing, status: int = 200) -> str:
    response = client.get(f"/mailings/{mailing.pk}/")
    assert response.status_code == status
    return html.unescape(response.content.decode())


@pytest.fixture
def signed_in(office: Office, client: Client) -> Client:
    client.force_login(office.author)
    return client


def test_a_prepared_mailing_shows_what_it_comes_to_and_what_each_gets(
    office: Office, signed_in: Client
) -> None:
    mailing = office.prepared(text="{имя}, ждём вас!", group=office.group(*PEOPLE))

    page = page_of(signed_in, mailing)

    assert "Анна, ждём вас!" in page
    assert "Пётр, ждём вас!" in page
    assert "Send to 2 recipients" in page


def test_confirming_puts_it_into_the_queue_once(office: Office, signed_in: Client) -> None:
    mailing = office.prepared()
    form = {"snapshot": mailing.snapshot_hash}

    for _again in range(2):
        response = signed_in.post(f"/mailings/{mailing.pk}/confirm", form)
        assert response["Location"] == f"/mailings/{mailing.pk}/"
        work_to_the_end(mailing.pk)

    assert Message.objects.get().recipients_count == 2


def test_a_mailing_that_changed_since_the_page_was_opened_is_not_confirmed(
    office: Office, signed_in: Client
) -> None:
    mailing = office.prepared()

    response = signed_in.post(
        f"/mailings/{mailing.pk}/confirm", {"snapshot": "0" * 64}, follow=True
    )

    assert "has changed since you opened the page" in response.content.decode()
    mailing.refresh_from_db()
    assert mailing.stage == Stage.PREPARED


def test_who_lacks_a_value_is_listed_and_nothing_leaves_before_that_is_decided(
    office: Office, signed_in: Client
) -> None:
    group = office.group(PEOPLE[0], ("", "79210000003"))
    mailing = office.prepared(text="{имя}, ждём вас!", group=group)

    page = page_of(signed_in, mailing)
    response = signed_in.post(
        f"/mailings/{mailing.pk}/confirm", {"snapshot": mailing.snapshot_hash}
    )

    assert "{имя}" in page
    assert "1 lacks it" in page
    assert "Send to" not in page
    assert response.status_code == 302
    mailing.refresh_from_db()
    assert mailing.stage == Stage.PREPARED


def test_a_default_given_on_the_page_stands_in_for_the_missing_value(
    office: Office, signed_in: Client
) -> None:
    group = office.group(PEOPLE[0], ("", "79210000003"))
    mailing = office.prepared(text="{имя}, ждём вас!", group=group)

    signed_in.post(f"/mailings/{mailing.pk}/missing", {"default-имя": "Клиент"})

    page = page_of(signed_in, mailing)
    assert "Клиент, ждём вас!" in page
    assert "Send to 2 recipients" in page


def test_who_lacks_a_value_is_left_out_where_the_author_says_so(
    office: Office, signed_in: Client
) -> None:
    group = office.group(PEOPLE[0], ("", "79210000003"))
    mailing = office.prepared(text="{имя}, ждём вас!", group=group)

    signed_in.post(f"/mailings/{mailing.pk}/missing", {"skip": "on"})

    assert "Send to 1 recipient" in page_of(signed_in, mailing)


def test_neither_a_default_nor_leaving_out_is_refused(office: Office, signed_in: Client) -> None:
    group = office.group(PEOPLE[0], ("", "79210000003"))
    mailing = office.prepared(text="{имя}, ждём вас!", group=group)

    response = signed_in.post(f"/mailings/{mailing.pk}/missing", {"default-имя": " "}, follow=True)

    assert "Write what stands in for the missing values" in response.content.decode()
    mailing.refresh_from_db()
    assert mailing.stage == Stage.PREPARED


@pytest.mark.parametrize("role", Role)
def test_a_prepared_mailing_is_its_authors_alone(
    office: Office, client: Client, role: Role
) -> None:
    mailing = office.prepared()
    client.force_login(MemberFactory(organisation=office.organisation, role=role))

    page_of(client, mailing, status=404)


@pytest.mark.parametrize("action", ["confirm", "release", "missing"])
def test_another_organisations_mailing_is_as_good_as_none(
    office: Office, client: Client, action: str
) -> None:
    mailing = office.prepared()
    client.force_login(MemberFactory(role=Role.MANAGER))

    page_of(client, mailing, status=404)
    form = {"snapshot": mailing.snapshot_hash}
    assert client.post(f"/mailings/{mailing.pk}/{action}", form).status_code == 404
    assert client.get(f"/mailings/{mailing.pk}/progress").status_code == 404
    assert client.get(f"/history/mailings/{mailing.pk}").status_code == 404


def test_the_progress_of_a_mailing_in_work_is_polled_until_its_stage_is_over(
    office: Office, signed_in: Client
) -> None:
    mailing = office.prepared()
    Mailing.objects.filter(pk=mailing.pk).update(
        stage=Stage.PREPARING, position=1, total=4, snapshot_hash=""
    )
    address = f"/mailings/{mailing.pk}/progress?stage=preparing"

    underway = signed_in.get(address, headers={"HX-Request": "true"})
    Mailing.objects.filter(pk=mailing.pk).update(stage=Stage.PREPARED)
    over = signed_in.get(address, headers={"HX-Request": "true"})

    assert 'value="25"' in underway.content.decode()
    assert over["HX-Redirect"] == f"/mailings/{mailing.pk}/"


def test_waves_are_shown_together_paused_resumed_and_cancelled(
    office: Office, signed_in: Client
) -> None:
    mailing = office.sent(canary_size=1, canary_minutes=30)

    def progress() -> str:
        response = signed_in.get(f"/history/mailings/{mailing.pk}", headers={"HX-Request": "true"})
        return html.unescape(response.content.decode())

    assert "Trial part" in progress()
    assert "Send the rest now" in progress()
    signed_in.post(f"/history/mailings/{mailing.pk}/pause")
    assert "Resume" in progress()
    signed_in.post(f"/history/mailings/{mailing.pk}/resume")
    assert "Pause" in progress()
    signed_in.post(f"/history/mailings/{mailing.pk}/stop", {"rest": "1"})
    assert "Send the rest now" not in progress()
    signed_in.post(f"/history/mailings/{mailing.pk}/stop")
    assert "Cancelled: the operator accepted 0 of 2." in progress()


def test_the_rest_leaves_by_its_authors_word_before_the_canary_is_done(
    office: Office, signed_in: Client
) -> None:
    mailing = office.sent(canary_size=1, canary_minutes=30)

    signed_in.post(f"/history/mailings/{mailing.pk}/let-go")

    rest = mailing.waves.get(is_canary=False).message
    assert rest.due_at <= timezone.now()
    assert not rest.outbox_entry.is_held
