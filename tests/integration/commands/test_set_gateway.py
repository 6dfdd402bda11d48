"""The command that sets gateway accounts up."""

from pathlib import Path

import pytest

from portal.accounts.models import Organisation
from portal.audit.models import Action, Event
from portal.delivery.models import GatewayAccount
from sms.secret import Secret
from tests.factories import GatewayAccountFactory, OrganisationFactory
from tests.integration.commands.conftest import Door

pytestmark = pytest.mark.django_db

CANARY = "canary-41d0-пароль"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text(f"{CANARY}\n", encoding="utf-8")
    return file


@pytest.fixture
def organisation() -> Organisation:
    return OrganisationFactory(name="ООО Ромашка")


def everything(password_file: Path) -> dict[str, object]:
    return {
        "--organisation": "ООО Ромашка",
        "--host": "smtp.example.org",
        "--port": 587,
        "--security": "starttls",
        "--mailbox": "sms@example.org",
        "--sms-user": "acme",
        "--password-file": password_file,
    }


def flat(options: dict[str, object]) -> list[object]:
    return [part for option in options.items() for part in option]


def test_an_account_is_made(door: Door, organisation: Organisation, password_file: Path) -> None:
    result = door("set_gateway", *flat(everything(password_file)))

    assert (result.code, result.out) == (0, "smtp.example.org:587\n")
    account = GatewayAccount.objects.get(organisation=organisation)
    assert (account.security, account.mailbox, account.sms_user) == (
        "starttls",
        "sms@example.org",
        "acme",
    )
    assert account.sms_password == Secret(CANARY)
    assert (account.numbers_per_email, account.connections, account.per_minute) == (80, 8, None)
    assert account.from_address == "sms-portal@localhost"


def test_every_option_is_taken(door: Door, organisation: Organisation, password_file: Path) -> None:
    more = {
        "--from-address": "portal@example.com",
        "--smtp-user": "portal",
        "--smtp-password-file": password_file,
        "--numbers-per-email": 10,
        "--connections": 3,
        "--per-minute": 600,
        "--transfer-encoding": "base64",
        "--cabinet-url": "https://example.org/cabinet",
    }

    result = door("set_gateway", *flat(everything(password_file) | more), "--dynamic-sender")

    assert result.code == 0
    account = GatewayAccount.objects.get()
    assert (account.from_address, account.smtp_user) == ("portal@example.com", "portal")
    assert account.smtp_password == Secret(CANARY)
    assert (account.numbers_per_email, account.connections, account.per_minute) == (10, 3, 600)
    assert (account.transfer_encoding, account.dynamic_sender) == ("base64", True)


def test_only_the_given_options_change(door: Door, organisation: Organisation) -> None:
    GatewayAccountFactory(organisation=organisation, per_minute=600, dynamic_sender=True)

    result = door("set_gateway", "--organisation", organisation.name, "--per-minute", 0)

    assert result.code == 0
    account = GatewayAccount.objects.get()
    assert (account.per_minute, account.dynamic_sender, account.host) == (None, True, "127.0.0.1")
    assert Event.objects.get(action=Action.CHANGED).origin == "command set_gateway"

    door("set_gateway", "--organisation", organisation.name, "--no-dynamic-sender")
    account.refresh_from_db()
    assert not account.dynamic_sender


def test_an_smtp_login_without_a_password_is_refused_unless_there_was_one(
    door: Door, organisation: Organisation
) -> None:
    account = GatewayAccountFactory(organisation=organisation)
    change = ("set_gateway", "--organisation", organisation.name, "--smtp-user", "portal")

    refused = door(*change)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err

    account.smtp_user, account.smtp_password = "old", Secret("kept")
    account.save()
    assert door(*change).code == 0
    account.refresh_from_db()
    assert (account.smtp_user, account.smtp_password) == ("portal", Secret("kept"))


def test_an_empty_smtp_login_takes_the_sign_in_away(door: Door, organisation: Organisation) -> None:
    GatewayAccountFactory(
        organisation=organisation, smtp_user="portal", smtp_password=Secret("old")
    )

    door("set_gateway", "--organisation", organisation.name, "--smtp-user", "")

    account = GatewayAccount.objects.get()
    assert (account.smtp_user, account.smtp_password) == ("", None)


@pytest.mark.parametrize(
    "missing", ["--host", "--port", "--security", "--mailbox", "--sms-user", "--password-file"]
)
def test_a_new_account_needs_all_it_cannot_do_without(
    door: Door, organisation: Organisation, password_file: Path, missing: str
) -> None:
    options = everything(password_file)
    del options[missing]

    result = door("set_gateway", *flat(options))

    assert (result.code, result.out) == (2, "")
    assert missing in result.err
    assert not GatewayAccount.objects.exists()


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--organisation", "ООО Лютик", 1),
        ("--port", 99999, 1),
        ("--port", "smtp", 2),
        ("--security", "ssl", 2),
        ("--mailbox", "nobody", 1),
        ("--sms-user", " acme", 1),
        ("--password-file", "/nonexistent/file", 2),
        ("--transfer-encoding", "7bit", 2),
        ("--numbers-per-email", 83, 1),
    ],
)
def test_a_bad_value_changes_nothing(
    door: Door,
    organisation: Organisation,
    password_file: Path,
    option: str,
    value: object,
    code: int,
) -> None:
    result = door("set_gateway", *flat(everything(password_file) | {option: value}))

    assert (result.code, result.out) == (code, "")
    assert result.err
    assert not GatewayAccount.objects.exists()


@pytest.mark.parametrize(
    ("content", "stored"),
    [
        (b"s3cret", "s3cret"),
        (b"s3cret\n", "s3cret"),
        (b"s3cret\r\n", "s3cret"),
        (b"\xef\xbb\xbfs3cret\n", "s3cret"),
        (b"s3cret\n\n", None),
        (b"two\nlines\n", None),
        (b" s3cret\n", None),
        (b"\xff\xfe", None),
        (b"", None),
    ],
)
def test_one_line_break_at_the_end_of_the_password_file_is_no_part_of_it(
    door: Door, organisation: Organisation, tmp_path: Path, content: bytes, stored: str | None
) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)

    result = door("set_gateway", *flat(everything(file)))

    assert (result.code == 0) == (stored is not None)
    passwords = list(GatewayAccount.objects.values_list("sms_password", flat=True))
    assert passwords == ([Secret(stored)] if stored else [])


def test_a_refused_password_is_in_no_output(
    door: Door, organisation: Organisation, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("canary-5b5b\nPhoneNumber=79990000000\n")

    result = door("set_gateway", *flat(everything(file)), "--verbosity", 3)

    assert result.code == 1
    assert "sms_password: " in result.err
    assert "canary-5b5b" not in result.out + result.err
    assert "canary" not in str(list(Event.objects.values()))
