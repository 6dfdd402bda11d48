"""Gateway accounts on the administrators' pages."""

from collections.abc import Iterator

import pytest
from django.test import Client

from portal.audit.models import Action, Event
from portal.delivery.models import GatewayAccount
from sms.secret import Secret
from tests.factories import OPERATOR_PASSWORD, GatewayAccountFactory, OrganisationFactory
from tests.integration.admin.pages import errors_of, messages_of, page_url, press, text_of
from tests.integration.delivery.operator_thread import operator_in_thread
from tests.unit.sms.fake_operator import OBEDIENT, FakeOperator

pytestmark = pytest.mark.django_db

SMTP_PASSWORD = "canary-77c1-smtp"


@pytest.fixture
def account() -> GatewayAccount:
    return GatewayAccountFactory(
        smtp_user="portal", smtp_password=Secret(SMTP_PASSWORD), cabinet_url="https://example.org/"
    )


@pytest.fixture
def operator() -> Iterator[FakeOperator]:
    script = OBEDIENT | {"EHLO": b"250-operator\r\n250-AUTH PLAIN\r\n250 8BITMIME"}
    with operator_in_thread(script) as running:
        yield running


def form(**fields: object) -> dict[str, object]:
    return {
        "host": "smtp.example.org",
        "port": "2525",
        "security": "none",
        "smtp_user": "portal",
        "smtp_password": "",
        "from_address": "portal@example.com",
        "mailbox": "email2sms@example.org",
        "sms_user": "acme",
        "sms_password": "",
        "cabinet_url": "",
        "numbers_per_email": "80",
        "connections": "8",
        "per_minute": "",
        "transfer_encoding": "8bit",
        **fields,
    }


def test_an_account_is_made(office: Client) -> None:
    organisation = OrganisationFactory()

    office.post(
        page_url(GatewayAccount, "add"),
        form(organisation=organisation.pk, smtp_user="", sms_password="пароль"),
    )

    account = GatewayAccount.objects.get()
    assert (account.organisation, account.sms_password) == (organisation, Secret("пароль"))
    assert Event.objects.get(action=Action.CREATED).organisation_id == organisation.pk


def test_passwords_never_come_out(office: Client, account: GatewayAccount) -> None:
    pages = [
        office.get(page_url(account, "change")),
        office.get(page_url(GatewayAccount, "changelist")),
        office.post(page_url(account, "change"), form(port="0", sms_password="typed-canary")),
        office.post(page_url(account, "change"), form(sms_password="typed-canary"), follow=True),
        office.get(page_url(Event, "changelist")),
        *(office.get(page_url(event, "change")) for event in Event.objects.all()),
    ]

    for page in pages:
        assert page.status_code == 200
        for secret in (OPERATOR_PASSWORD, SMTP_PASSWORD, "typed-canary"):
            assert secret not in text_of(page)


def test_a_password_left_empty_stays(office: Client, account: GatewayAccount) -> None:
    office.post(page_url(account, "change"), form())

    account.refresh_from_db()
    assert account.host == "smtp.example.org"
    assert account.sms_password == Secret(OPERATOR_PASSWORD)
    assert account.smtp_password == Secret(SMTP_PASSWORD)


def test_a_password_typed_replaces_the_old_and_the_trail_says_changed(
    office: Client, account: GatewayAccount
) -> None:
    office.post(page_url(account, "change"), form(host=account.host, sms_password="new one"))

    account.refresh_from_db()
    assert account.sms_password == Secret("new one")
    details = Event.objects.get(action=Action.CHANGED).details
    assert details["sms_password"] == "changed"
    assert "smtp_password" not in details


def test_without_an_smtp_login_its_password_goes_too(
    office: Client, account: GatewayAccount
) -> None:
    office.post(page_url(account, "change"), form(smtp_user=""))

    account.refresh_from_db()
    assert (account.smtp_user, account.smtp_password) == ("", None)


def test_a_new_account_needs_the_operators_password(office: Client) -> None:
    response = office.post(
        page_url(GatewayAccount, "add"), form(organisation=OrganisationFactory().pk, smtp_user="")
    )

    assert "sms_password" in errors_of(response)
    assert not GatewayAccount.objects.exists()


def test_what_the_service_refuses_stands_at_the_field(
    office: Client, account: GatewayAccount
) -> None:
    response = office.post(page_url(account, "change"), form(sms_password="line\u2028break"))

    assert "sms_password" in errors_of(response)
    account.refresh_from_db()
    assert account.host == "127.0.0.1"


def test_extra_fields_are_ignored(office: Client, account: GatewayAccount) -> None:
    other = OrganisationFactory()

    office.post(
        page_url(account, "change"),
        form(organisation=other.pk, paused_reason="x", failures="9", not_before="2030-01-01"),
    )

    stored = GatewayAccount.objects.get()
    assert (stored.organisation, stored.is_paused, stored.failures) == (
        account.organisation,
        False,
        0,
    )


def test_the_test_button_says_what_the_server_answered(
    office: Client, account: GatewayAccount, operator: FakeOperator
) -> None:
    account.port = operator.server.port
    account.save()

    response = press(office, account, "test")

    assert "takes e-mails for the mailbox" in messages_of(response)[0]
    assert Event.objects.get(action=Action.TESTED).details["ok"] is True
    assert office.get(page_url(account, "action", "test")).status_code == 405


def test_pausing_asks_for_a_reason_and_resuming_takes_one_press(
    office: Client, account: GatewayAccount
) -> None:
    assert "reason" in errors_of(press(office, account, "pause", reason=""))

    press(office, account, "pause", reason="договор кончился")
    account.refresh_from_db()
    assert account.paused_reason == "договор кончился"
    assert "договор кончился" in text_of(office.get(page_url(account, "change")))

    press(office, account, "resume")
    account.refresh_from_db()
    assert not account.is_paused


def test_an_organisation_has_one_account(office: Client, account: GatewayAccount) -> None:
    response = office.post(
        page_url(GatewayAccount, "add"),
        form(organisation=account.organisation_id, sms_password="x", smtp_user=""),
    )

    assert "organisation" in errors_of(response)
    assert GatewayAccount.objects.count() == 1
