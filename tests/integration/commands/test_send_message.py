"""The command that sends messages."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.delivery.models import Message
from portal.messaging.gathering import MOST_LISTED
from portal.messaging.models import ApprovalRules
from tests.factories import (
    ContactFactory,
    GatewayAccountFactory,
    GroupFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
)
from tests.integration.commands.conftest import Door, Result

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    member = MemberFactory(email="anna@example.com", organisation__time_zone="Europe/Berlin")
    GatewayAccountFactory(organisation=member.organisation)
    SenderNameFactory(organisation=member.organisation, value="ACME")
    return member


def send(door: Door, *more: object, text: str = "Привет", sender: str = "ACME") -> Result:
    who = ("--as", "anna@example.com", "--sender", sender)
    return door("send_message", *who, *(("--text", text) if text else ()), *more)


def phones() -> list[str]:
    message = Message.objects.get()
    return list(message.recipients.order_by("id").values_list("phone", flat=True))


def test_the_messages_id_is_printed(door: Door, anna: User) -> None:
    result = send(door, "--to", "8 (921) 000-00-00", "+7 911 123-45-67")

    message = Message.objects.get()
    assert (result.code, result.out) == (0, f"{message.pk}\n")
    assert (message.author, message.text, message.sender_value) == (anna, "Привет", "ACME")
    assert phones() == ["79210000000", "79111234567"]
    event = Event.objects.get(action=Action.SUBMITTED)
    assert (event.actor_label, event.origin) == ("anna@example.com", "command send_message")


def test_numbers_come_from_a_file_one_a_line(door: Door, anna: User, tmp_path: Path) -> None:
    file = tmp_path / "numbers"
    file.write_bytes("\ufeff89210000000\r\n\r\n+7 911 123-45-67\n79210000000\n".encode())

    send(door, "--to-file", file)

    assert phones() == ["79210000000", "79111234567"]


def test_numbers_come_from_a_group_of_the_organisation(door: Door, anna: User) -> None:
    group = GroupFactory(organisation=anna.organisation, name="Водители")
    group.contacts.add(ContactFactory(organisation=anna.organisation, phone="79210000000"))
    GroupFactory(name="Чужие")

    assert send(door, "--group", "Водители").code == 0
    assert phones() == ["79210000000"]
    assert send(door, "--group", "Чужие").code == 1
    assert Message.objects.count() == 1


def test_the_text_comes_from_a_file(door: Door, anna: User, tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_bytes("\ufeffПервая\r\nвторая\r\n".encode())

    send(door, "--to", "79210000000", "--text-file", file, text="")

    assert Message.objects.get().text == "Первая\nвторая"


def test_without_a_key_every_run_is_a_new_message(door: Door, anna: User) -> None:
    first = send(door, "--to", "79210000000")
    second = send(door, "--to", "79210000000")

    assert first.out != second.out
    assert Message.objects.count() == 2


def test_the_same_key_is_the_same_message(door: Door, anna: User) -> None:
    first = send(door, "--to", "79210000000", "--key", "k1")
    again = send(door, "--to", "79210000000", "--key", "k1")

    assert (again.code, again.out) == (0, first.out)
    assert Message.objects.count() == 1


def test_the_same_key_with_other_content_is_refused(door: Door, anna: User) -> None:
    send(door, "--to", "79210000000", "--key", "k1")
    other = send(door, "--to", "79210000000", "--key", "k1", text="Другой")

    assert (other.code, other.out) == (1, "")
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2099-07-01T12:00", datetime(2099, 7, 1, 10, 0, tzinfo=UTC)),
        ("2099-01-01 12:00:30", datetime(2099, 1, 1, 11, 0, 30, tzinfo=UTC)),
        ("2099-07-01T12:00+03:00", datetime(2099, 7, 1, 9, 0, tzinfo=UTC)),
        ("2099-07-01T12:00Z", datetime(2099, 7, 1, 12, 0, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_the_organisations(
    door: Door, anna: User, written: str, meant: datetime
) -> None:
    assert send(door, "--to", "79210000000", "--at", written).code == 0

    assert Message.objects.get().due_at == meant


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("2037-03-29T02:30", 1),
        ("2020-01-01T00:00", 1),
        ("2020-01-01T00:00+03:00", 1),
        ("0001-01-01T00:00", 1),
        ("9999-12-31T23:59-12:00", 1),
        ("tomorrow", 2),
        ("", 2),
    ],
    ids=[
        "the clocks skip it",
        "it has passed",
        "it has passed elsewhere",
        "of another age",
        "beyond any calendar",
        "no time",
        "empty",
    ],
)
def test_a_time_that_will_not_come_is_refused(
    door: Door, anna: User, written: str, code: int
) -> None:
    result = send(door, "--to", "79210000000", "--at", written)

    assert (result.code, result.out) == (code, "")
    assert not Message.objects.exists()


def test_a_bad_number_among_good_ones_is_named_and_nothing_is_sent(door: Door, anna: User) -> None:
    result = send(door, "--to", "79210000000", "7921OOOOOOO", "--to", "7921123456")

    assert (result.code, result.out) == (1, "")
    assert "7921OOOOOOO" in result.err
    assert "7921123456" in result.err
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "text", ["", " \n ", "PhoneNumber=79990000000", "пять ₽", "zero\x00byte", "broken \udcff"]
)
def test_a_text_that_cannot_be_sent_is_refused(
    door: Door, anna: User, text: str, tmp_path: Path
) -> None:
    file = tmp_path / "text"
    file.write_bytes(text.encode("utf-8", errors="surrogateescape"))

    result = send(door, "--to", "79210000000", "--text-file", file, text="")

    assert result.code in {1, 2}
    assert result.out == ""
    assert not Message.objects.exists()


def test_a_text_with_a_placeholder_is_refused_and_never_sent_literally(
    door: Door, anna: User
) -> None:
    result = send(door, "--to", "79210000000", text="Привет, {имя}!")

    assert (result.code, result.out) == (1, "")
    assert "“{name}” would be sent as it stands here" in result.err
    assert not Message.objects.exists()


def test_an_empty_text_is_refused_and_not_taken_for_none(door: Door, anna: User) -> None:
    who = ("--as", "anna@example.com", "--sender", "ACME")

    assert door("send_message", *who, "--to", "79210000000", "--text", "").code == 1


@pytest.mark.parametrize("sender", ["acme", "OTHER", "", "A\udcffB"])
def test_a_sender_name_that_is_not_the_organisations_is_refused(
    door: Door, anna: User, sender: str
) -> None:
    SenderNameFactory(value="OTHER")

    result = send(door, "--to", "79210000000", sender=sender)

    assert result.code in {1, 2}
    assert not Message.objects.exists()


def test_who_may_not_send_is_refused(door: Door) -> None:
    organisation = OrganisationFactory()
    GatewayAccountFactory(organisation=organisation)
    SenderNameFactory(organisation=organisation, value="ACME")
    MemberFactory(organisation=organisation, email="auditor@example.com", role=Role.AUDITOR)
    MemberFactory(organisation=organisation, email="gone@example.com", is_active=False)
    MemberFactory(organisation=None, role="", email="root@example.com", is_staff=True)

    for email in ("auditor", "gone", "root", "nobody"):
        who = ("--as", f"{email}@example.com", "--sender", "ACME")
        result = door("send_message", *who, "--to", "79210000000", "--text", "x")
        assert (result.code, result.out) == (1, ""), email
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--text", "x"],
        ["--to", "79210000000"],
        ["--to", "79210000000", "--group", "g", "--text", "x"],
        ["--to", "79210000000", "--text", "x", "--text-file", "/dev/null"],
        ["--to-file", "/nonexistent/file", "--text", "x"],
        ["--to", "79210000000", "--text", "x", "--key", "k" * 65],
        ["--to", "79210000000", "--text", "x", "--key", ""],
    ],
)
def test_wrong_usage_is_exit_code_2(door: Door, anna: User, arguments: list[str]) -> None:
    result = door("send_message", "--as", "anna@example.com", "--sender", "ACME", *arguments)

    assert (result.code, result.out) == (2, "")
    assert not Message.objects.exists()


def test_the_same_key_retried_after_its_time_is_the_message_queued_before(
    door: Door, anna: User
) -> None:
    arguments = ("--to", "79210000000", "--key", "k1", "--at", "2099-12-31T09:00")
    first = send(door, *arguments)

    with time_machine.travel("2099-12-31T09:01+01:00", tick=False):
        again = send(door, *arguments)

    assert (again.code, again.out) == (0, first.out)
    assert Message.objects.count() == 1


def long_file(folder: Path, *more: str, count: int = MOST_LISTED + 50) -> Path:
    file = folder / "numbers"
    file.write_text("\n".join([*(f"8921{number:07}" for number in range(count)), *more]))
    return file


def test_a_long_file_is_sent_to_in_its_order(door: Door, anna: User, tmp_path: Path) -> None:
    file = long_file(tmp_path, "+7 911 123-45-67", "8 921 000-00-00")

    result = send(door, "--to-file", file, "--key", "k1")

    message = Message.objects.get()
    assert (result.code, result.out) == (0, f"{message.pk}\n")
    assert phones()[:2] == ["79210000000", "79210000001"]
    assert phones()[-1] == "79111234567"
    assert message.recipients_count == len(phones()) == MOST_LISTED + 51
    assert send(door, "--to-file", file, "--key", "k1").out == result.out


def test_ten_bad_numbers_of_a_long_file_are_named_and_nothing_is_sent(
    door: Door, anna: User, tmp_path: Path
) -> None:
    file = long_file(tmp_path, *(f"bad {number}" for number in range(13)))

    result = send(door, "--to-file", file)

    assert (result.code, result.out) == (1, "")
    assert "bad 9: " in result.err
    assert "bad 10" not in result.err
    assert "and 3 more" in result.err
    assert not Message.objects.exists()


def test_a_file_that_ceases_to_be_text_is_wrong_usage(
    door: Door, anna: User, tmp_path: Path
) -> None:
    file = long_file(tmp_path, count=20_000)
    with file.open("ab") as end:
        end.write(b"\n\xff\xfe\n")

    result = send(door, "--to-file", file)

    assert (result.code, result.out) == (2, "")
    assert "not a text file in UTF-8" in result.err
    assert not Message.objects.exists()


def test_what_has_not_left_by_a_time_expires_then(door: Door, anna: User) -> None:
    when = ("--at", "2099-07-01T12:00", "--not-after", "2099-07-01T12:30")

    assert send(door, "--to", "79210000000", *when).code == 0

    message = Message.objects.get()
    assert message.due_at == datetime(2099, 7, 1, 10, 0, tzinfo=UTC)
    assert message.expires_at == datetime(2099, 7, 1, 10, 30, tzinfo=UTC)


def test_a_planned_one_that_does_not_leave_within_a_day_expires(door: Door, anna: User) -> None:
    assert send(door, "--to", "79210000000", "--at", "2099-07-01T12:00").code == 0

    assert Message.objects.get().expires_at == datetime(2099, 7, 2, 10, 0, tzinfo=UTC)


def test_one_sent_at_once_may_leave_however_late(door: Door, anna: User) -> None:
    send(door, "--to", "79210000000")

    assert Message.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--not-after", "2020-01-01T00:00"], 1),
        (["--at", "2099-07-01T12:00", "--not-after", "2099-07-01T12:00"], 1),
        (["--at", "2099-07-01T12:00", "--not-after", "2099-07-01T11:00"], 1),
        (["--not-after", "2037-03-29T02:30"], 1),
        (["--not-after", "tomorrow"], 2),
    ],
    ids=["passed", "as due", "before due", "the clocks skip it", "no time"],
)
def test_an_end_that_leaves_no_time_to_send_is_refused(
    door: Door, anna: User, arguments: list[str], code: int
) -> None:
    result = send(door, "--to", "79210000000", *arguments)

    assert (result.code, result.out) == (code, "")
    assert ("expires_at: " in result.err) is (code == 1)
    assert not Message.objects.exists()


def test_another_end_under_the_same_key_is_another_message(door: Door, anna: User) -> None:
    once = ("--to", "79210000000", "--key", "k1")
    first = send(door, *once, "--not-after", "2099-07-01T12:00")

    assert send(door, *once, "--not-after", "2099-07-01T12:00").out == first.out
    assert send(door, *once, "--not-after", "2099-07-01T13:00").code == 1
    assert send(door, *once).code == 1
    assert Message.objects.count() == 1


def test_what_needs_another_persons_approval_is_refused_with_the_rule(
    door: Door, anna: User
) -> None:
    ApprovalRules.objects.create(organisation=anna.organisation, above_recipients=0)

    result = send(door, "--to", "8 921 000-00-00")

    assert result.code == 1
    assert "everything that is sent needs approval here" in result.err
    assert not Message.objects.exists()
