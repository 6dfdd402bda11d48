"""Gateway accounts: set up, changed and tried by administrators."""

import socket
import ssl
from pathlib import Path

import pytest
from pytest_django import Settings

from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.core.errors import Refused
from portal.delivery.gateways import (
    connection_test,
    gateway_set,
    smtp_server_of,
)
from portal.delivery.models import GatewayAccount
from sms.secret import Secret
from sms.smtp import Security
from tests.factories import (
    OPERATOR_PASSWORD,
    AdministratorFactory,
    GatewayAccountFactory,
    MemberFactory,
)
from tests.integration.delivery.gateway_changes import details_of, set_up
from tests.integration.delivery.operator_thread import operator_in_thread
from tests.unit.sms.fake_operator import OBEDIENT

pytestmark = pytest.mark.django_db

NEW_ACCOUNT: dict[str, object] = {
    "host": "smtp.example.org",
    "port": 587,
    "security": "starttls",
    "from_address": "portal@example.com",
    "mailbox": "sms@example.org",
    "sms_user": "acme",
    "sms_password": Secret(OPERATOR_PASSWORD),
}


def test_a_new_account_is_stored_with_its_password_encrypted() -> None:
    account = set_up(**NEW_ACCOUNT)

    stored = GatewayAccount.objects.get(pk=account.pk)
    assert stored.sms_password == Secret(OPERATOR_PASSWORD)
    raw = GatewayAccount.objects.extra(select={"raw": "sms_password"}).get().raw
    assert OPERATOR_PASSWORD not in raw


def test_a_change_touches_the_named_fields_alone() -> None:
    account = set_up(**NEW_ACCOUNT)

    set_up(account.organisation, connections=3)

    account.refresh_from_db()
    assert (account.connections, account.host) == (3, "smtp.example.org")
    assert account.sms_password == Secret(OPERATOR_PASSWORD)


def test_the_audit_trail_has_old_and_new_values_but_no_password() -> None:
    account = set_up(**NEW_ACCOUNT)

    set_up(account.organisation, host="other.example.org", sms_password=Secret("n3w-canary"))

    details = details_of(account, Action.CHANGED)
    assert details == {
        "host": {"from": "smtp.example.org", "to": "other.example.org"},
        "sms_password": "changed",
    }
    everything = str(list(Event.objects.values()))
    assert OPERATOR_PASSWORD not in everything
    assert "n3w-canary" not in everything


def test_of_a_change_to_the_same_values_the_password_alone_is_recorded() -> None:
    account = set_up(**NEW_ACCOUNT)

    set_up(account.organisation, **(NEW_ACCOUNT | {"sms_password": account.sms_password}))
    set_up(account.organisation, host=account.host, smtp_password=None)

    assert details_of(account, Action.CHANGED) == {"sms_password": "changed"}


def test_the_same_password_given_again_is_stored_anew() -> None:
    account = set_up(**NEW_ACCOUNT)
    raw = GatewayAccount.objects.extra(select={"raw": "sms_password"})
    before = raw.get().raw

    set_up(account.organisation, sms_password=Secret(OPERATOR_PASSWORD))

    assert raw.get().raw != before
    assert details_of(account, Action.CHANGED) == {"sms_password": "changed"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", ""),
        ("host", "smtp.example.org\r\nRCPT TO:<x@y>"),
        ("host", "сервер.рф"),
        ("host", "a b"),
        ("port", 0),
        ("port", 70000),
        ("port", None),
        ("security", "ssl"),
        ("from_address", "no address"),
        ("from_address", "портал@example.com"),
        ("mailbox", "sms@example.org>\r\nDATA"),
        ("sms_user", ""),
        ("sms_user", "ac\nme"),
        ("sms_user", "имя\u0301"),
        ("sms_user", " acme"),
        ("sms_password", Secret("")),
        ("sms_password", Secret("pass\nPhoneNumber=79990000000")),
        ("sms_password", Secret("pass\x00word")),
        ("sms_password", Secret("пароль₽")),
        ("sms_password", Secret("trailing ")),
        ("smtp_password", Secret("without a login")),
        ("transfer_encoding", "7bit"),
        ("numbers_per_email", 0),
        ("numbers_per_email", 83),
        ("connections", 0),
        ("per_minute", 0),
        ("cabinet_url", "javascript:alert(1)"),
    ],
)
def test_a_value_that_would_break_a_letter_or_a_session_is_refused(
    field: str, value: object
) -> None:
    with pytest.raises(Refused) as refused:
        set_up(**{**NEW_ACCOUNT, field: value})

    assert refused.value.field == ("smtp_user" if field == "smtp_password" else field)
    assert not GatewayAccount.objects.exists()
    assert (
        not isinstance(value, Secret)
        or not value.reveal()
        or (value.reveal() not in str(refused.value.message))
    )


def test_an_smtp_login_needs_its_password() -> None:
    with pytest.raises(Refused) as refused:
        set_up(**NEW_ACCOUNT, smtp_user="portal")

    assert refused.value.field == "smtp_password"


def test_a_member_cannot_set_a_gateway_up() -> None:
    manager = MemberFactory(role=Role.MANAGER)

    with pytest.raises(Refused):
        gateway_set(organisation=manager.organisation, actor=manager, changes=NEW_ACCOUNT)


def test_a_field_that_is_nobodys_to_change_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="paused_reason"):
        set_up(**NEW_ACCOUNT, paused_reason="")


def test_the_server_is_described_by_account_and_settings(settings: Settings) -> None:
    settings.DELIVERY_EHLO_NAME = "portal.example.com"
    settings.DELIVERY_SMTP_TIMEOUT_SECONDS = 7
    account = GatewayAccountFactory(
        security="tls", smtp_user="portal", smtp_password=Secret("smtp-canary")
    )

    server = smtp_server_of(account)

    assert (server.host, server.port, server.security) == ("127.0.0.1", 2525, Security.TLS)
    assert (server.user, server.password) == ("portal", Secret("smtp-canary"))
    assert (server.helo, server.timeout, server.ca_file) == ("portal.example.com", 7, None)
    assert "smtp-canary" not in repr(server)


def test_an_account_without_an_smtp_login_signs_in_nowhere() -> None:
    server = smtp_server_of(GatewayAccountFactory())

    assert (server.user, server.password) == (None, None)


def words_of_trial(account: GatewayAccount) -> str:
    return str(connection_test(account=account, actor=AdministratorFactory()))


def test_a_test_of_a_working_connection_says_what_the_server_offers() -> None:
    with operator_in_thread() as operator:
        account = GatewayAccountFactory(port=operator.server.port)
        words = words_of_trial(account)

    assert "Encryption: no encryption." in words
    assert "Offered: 8BITMIME, PIPELINING." in words
    assert not operator.bodies
    assert details_of(account, Action.TESTED)["ok"] is True


def test_a_test_over_tls_names_its_version(
    tls_files: tuple[ssl.SSLContext, Path], settings: Settings
) -> None:
    context, authority = tls_files
    settings.DELIVERY_CA_FILE = str(authority)
    with operator_in_thread(context=context, tls=True) as operator:
        words = words_of_trial(GatewayAccountFactory(port=operator.server.port, security="tls"))

    assert "Encryption: TLSv1.3." in words


def test_a_certificate_that_nobody_trusts_is_named_as_the_fault(
    tls_files: tuple[ssl.SSLContext, Path],
) -> None:
    with operator_in_thread(context=tls_files[0], tls=True) as operator:
        words = words_of_trial(GatewayAccountFactory(port=operator.server.port, security="tls"))

    assert "certificate is not trusted" in words


def test_a_refused_login_shows_the_servers_words_and_not_the_password() -> None:
    script = OBEDIENT | {
        "EHLO": b"250-operator\r\n250 AUTH PLAIN",
        "AUTH": b"535 bad login smtp-canary",
    }
    with operator_in_thread(script) as operator:
        account = GatewayAccountFactory(
            port=operator.server.port, smtp_user="portal", smtp_password=Secret("smtp-canary")
        )
        words = words_of_trial(account)

    assert words == "The server refused the SMTP login: 535 bad login ***"
    assert details_of(account, Action.TESTED)["ok"] is False


def test_a_refused_mailbox_shows_the_servers_words() -> None:
    with operator_in_thread(OBEDIENT | {"RCPT": b"550 no such mailbox"}) as operator:
        words = words_of_trial(GatewayAccountFactory(port=operator.server.port))

    assert words == "The server refused the operator's mailbox: 550 no such mailbox"


def test_a_port_where_nobody_listens_is_named_as_the_fault() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        words = words_of_trial(GatewayAccountFactory(port=unused.getsockname()[1]))

    assert "refused the connection" in words
