"""The button that stops all sending, and gateway accounts that are not well."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.delivery.gateways import gateway_pause
from portal.delivery.models import GatewayAccount, PlatformStop
from portal.delivery.platform import platform_stop
from tests.factories import AdministratorFactory, GatewayAccountFactory, MemberFactory
from tests.integration.admin.pages import errors_of, messages_of, page_url, press, text_of

pytestmark = pytest.mark.django_db

STOP, RESUME = reverse("admin:stop_all"), reverse("admin:resume_all")
SCRIPT = "<script>alert(1)</script>"


def test_all_sending_is_stopped_and_goes_on(office: Client, administrator: User) -> None:
    assert STOP in text_of(office.get(reverse("admin:index")))
    assert "what is queued waits and is not lost" in text_of(office.get(STOP))

    page = office.post(STOP, {"reason": "Пожар"}, follow=True)

    assert "All sending is stopped. What is queued waits." in messages_of(page)
    assert PlatformStop.objects.get().stopped_by == administrator
    for url in (reverse("admin:index"), page_url(GatewayAccount, "changelist"), STOP):
        shown = text_of(office.get(url))
        assert "All sending is stopped:</strong> Пожар" in shown
        assert "root@example.com" in shown

    page = office.post(RESUME, follow=True)

    assert "Sending goes on." in messages_of(page)
    assert not PlatformStop.objects.exists()


def test_while_all_sending_is_stopped_no_account_is_said_to_work(
    office: Client, administrator: User
) -> None:
    account = GatewayAccountFactory()
    paused = GatewayAccountFactory(paused_reason="auth: 535 no")
    accounts = page_url(GatewayAccount, "changelist")
    platform_stop(because="Пожар", actor=administrator)

    shown = text_of(office.get(accounts))
    assert ">works<" not in shown
    assert ">stopped<" in shown
    assert ">paused<" in shown
    for one in (account, paused):
        page = text_of(office.get(page_url(one, "change")))
        assert "All sending is stopped." in page
        assert "Works." not in page
    assert "refuses the account" in text_of(office.get(page_url(paused, "change")))


def test_an_account_resumed_during_a_stop_is_told_so(office: Client, administrator: User) -> None:
    account = GatewayAccountFactory(paused_reason="auth: 535 no")
    platform_stop(because="Пожар", actor=administrator)

    words = messages_of(press(office, account, "resume"))

    assert words == ["The account is resumed, but all sending is still stopped."]


def test_what_is_stopped_is_not_offered_to_be_stopped_again(
    office: Client, administrator: User
) -> None:
    platform_stop(because="Пожар", actor=administrator)

    for url in (reverse("admin:index"), page_url(GatewayAccount, "changelist"), STOP):
        shown = text_of(office.get(url))
        assert "Stop all sending" not in shown
        assert "Change the reason" in shown


def test_a_stop_asks_for_a_reason(office: Client) -> None:
    response = office.post(STOP, {"reason": " "})

    assert "reason" in errors_of(response)
    assert not PlatformStop.objects.exists()


def test_a_second_stop_for_the_same_reason_is_told_so(office: Client) -> None:
    office.post(STOP, {"reason": "Пожар"})

    assert "stopped already" in str(errors_of(office.post(STOP, {"reason": "Пожар"})))


def test_a_second_press_of_resume_is_told_so(office: Client) -> None:
    assert "Sending is not stopped." in messages_of(office.post(RESUME, follow=True))


def test_resuming_by_a_link_is_impossible(office: Client) -> None:
    office.post(STOP, {"reason": "Пожар"})

    assert office.get(RESUME).status_code == 405
    assert PlatformStop.objects.exists()


@pytest.mark.parametrize("role", Role.values)
def test_a_member_of_any_role_stops_and_resumes_nothing(client: Client, role: str) -> None:
    client.force_login(MemberFactory(role=role))
    assert client.post(STOP, {"reason": "x"}).status_code in {302, 403}
    assert not PlatformStop.objects.exists()

    platform_stop(because="fire", actor=AdministratorFactory())
    assert client.post(RESUME).status_code in {302, 403}
    assert PlatformStop.objects.exists()


def test_a_script_in_the_reason_is_inert(office: Client) -> None:
    office.post(STOP, {"reason": SCRIPT})

    for url in (reverse("admin:index"), page_url(GatewayAccount, "changelist"), STOP):
        assert SCRIPT not in office.get(url).content.decode()


@pytest.mark.parametrize(
    ("health", "words"),
    [
        ({}, "Works."),
        ({"last_failure": "rcpt: 451 later"}, "sending goes on slower"),
        ({"paused_reason": "auth: 535 no"}, "the operator's server refuses the account"),
        (
            {
                "failures": 2,
                "last_failure": "mail: 421 busy",
                "not_before": timezone.now() + timedelta(hours=1),
            },
            "Waits until the next try",
        ),
    ],
)
def test_an_accounts_page_says_how_it_fares_and_resumes_in_one_press(
    office: Client, health: dict[str, object], words: str
) -> None:
    account = GatewayAccountFactory(**health)

    page = text_of(office.get(page_url(account, "change")))

    assert words in page
    assert ("/do/resume/" in page) == bool(health)
    press(office, account, "resume")
    assert "Works." in text_of(office.get(page_url(account, "change")))


def test_who_paused_an_account_is_named(office: Client, administrator: User) -> None:
    account, broken = GatewayAccountFactory(), GatewayAccountFactory(paused_reason="auth: 535 no")
    gateway_pause(account=account, reason="Договор", actor=administrator)

    mine = text_of(office.get(page_url(account, "change")))
    assert "Paused by an administrator." in mine
    assert "root@example.com" in mine
    assert "/do/pause/" not in mine

    engines = text_of(office.get(page_url(broken, "change")))
    assert "the portal itself" in engines
    assert "/do/pause/" in engines
    press(office, broken, "pause", reason="Договор")
    broken.refresh_from_db()
    assert (broken.paused_reason, broken.paused_by) == ("Договор", administrator)


def test_the_trail_names_a_stop_by_its_kind(office: Client, administrator: User) -> None:
    platform_stop(because="fire", actor=administrator)

    listed = office.get(reverse("admin:audit_event_changelist")).content.decode()

    assert '<td class="field-concerned">stop of all sending</td>' in listed
