"""The sandbox operator in plain SMTP conversations."""

import hashlib
import json
import smtplib
import socket
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.embedded.sandbox import (
    FAULTS,
    SandboxAccount,
    SandboxOperator,
    parse_fault,
    read_accounts,
    read_letters,
    write_accounts,
)
from sms.letter import Letter, TransferEncoding, write
from sms.secret import Secret
from sms.stationery import EmailOrder, Stationery

MAILBOX = "sms@operator.example"
PASSWORD = "canary-7d1f"
ACCOUNT = SandboxAccount("acme", Secret(PASSWORD), frozenset({"ACME"}), MAILBOX)
ORDER = Letter("acme", Secret(PASSWORD), "ACME", ("79210000000", "79111234567"), "Привет, мир!")

Operator = Callable[..., SandboxOperator]


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    """Starts an operator with ACCOUNT, without waiting for the disk; stopped after the test."""
    started: list[SandboxOperator] = []

    def start(accounts: object = (ACCOUNT,), **options: object) -> SandboxOperator:
        made = SandboxOperator(accounts, tmp_path / "letters.jsonl", durable=False, **options)  # type: ignore[arg-type]
        made.start()
        started.append(made)
        return made

    yield start
    for each in started:
        each.stop()


def connect(operator: SandboxOperator) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", operator.port, local_hostname="portal", timeout=5)


def mail(
    order: Letter = ORDER,
    encoding: TransferEncoding = TransferEncoding.EIGHT_BIT,
    message_id: str = "<1@portal.example>",
) -> bytes:
    stationery = Stationery(
        sms_user=order.sms_user,
        password=order.password,
        mail_from="portal@example.com",
        mailbox=MAILBOX,
        transfer_encoding=encoding,
    )
    date = datetime(2026, 1, 2, tzinfo=UTC)
    written = EmailOrder(order.numbers, order.sender, order.text, message_id, date)
    return stationery.mail_bytes(written, server_has_8bitmime=True)[0]


def hand_over(
    client: smtplib.SMTP,
    content: bytes | None = None,
    *,
    to: str = MAILBOX,
    sender: str = "portal@example.com",
) -> tuple[int, str]:
    """One e-mail; the last reply, which is the first refusal."""
    client.ehlo_or_helo_if_needed()
    assert client.mail(sender, ["BODY=8BITMIME"])[0] == 250
    code, text = client.rcpt(to)
    if code == 250:
        code, text = client.data(mail() if content is None else content)
    else:
        client.rset()
    return code, text.decode()


def send(operator: SandboxOperator, content: bytes | None = None, **how: str) -> tuple[int, str]:
    with connect(operator) as client:
        return hand_over(client, content, **how)


@pytest.mark.parametrize("encoding", TransferEncoding)
def test_an_accepted_letter_is_kept_as_it_was_written(
    operator: Operator, encoding: TransferEncoding
) -> None:
    running = operator()
    assert send(running, mail(encoding=encoding)) == (250, "accepted")
    (letter,) = running.letters()
    assert (letter.message_id, letter.transfer_encoding) == ("<1@portal.example>", encoding)
    assert (letter.sms_user, letter.sender) == (ORDER.sms_user, ORDER.sender)
    assert (letter.numbers, letter.text) == (ORDER.numbers, ORDER.text)
    assert letter.body_sha256 == hashlib.sha256(write(ORDER)).hexdigest()
    assert "SourceAddress=ACME" in letter.body_masked
    assert letter.time.tzinfo is UTC


def test_the_log_never_holds_the_password(operator: Operator, tmp_path: Path) -> None:
    running = operator()
    assert send(running)[0] == 250
    hidden = "SmsUser=acme\x0bPassword=canary-7d1f\x0bSourceAddress=ACME\x0bPhoneNumber=7921\x0bHi"
    header = "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    assert send(running, (header + hidden).encode())[0] == 250
    assert PASSWORD not in (tmp_path / "letters.jsonl").read_text()
    assert stat.S_IMODE((tmp_path / "letters.jsonl").stat().st_mode) == 0o600


def test_lone_dots_arrive_as_they_were_written(operator: Operator) -> None:
    running = operator()
    order = Letter("acme", Secret(PASSWORD), "ACME", ("79210000000",), "a\n.\n..\n.b")
    assert send(running, mail(order))[0] == 250
    assert running.letters()[0].text == "a\n.\n..\n.b"


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (Letter("acme", Secret("wrong"), "ACME", ("7921",), "x"), "login refused"),
        (Letter("other", Secret(PASSWORD), "ACME", ("7921",), "x"), "login refused"),
        (Letter("acme", Secret(PASSWORD), "Acme", ("7921",), "x"), "sender name not registered"),
    ],
)
def test_a_stranger_is_refused_with_the_reason(
    operator: Operator, order: Letter, reason: str
) -> None:
    running = operator()
    assert send(running, mail(order)) == (550, reason)
    assert running.letters() == []


def test_an_unreadable_letter_is_refused_with_its_code(operator: Operator) -> None:
    running = operator()
    assert send(running, b"Subject: hello\r\n\r\nSmsUser=acme\r\nhello\r\n") == (
        550,
        "mail refused: missing_field",
    )


def test_an_order_outside_the_format_is_refused_with_its_code(operator: Operator) -> None:
    content = mail().replace(b"79210000000", b"+7 921 000 00 00")
    assert send(operator(), content) == (550, "letter refused: bad_number")


def test_a_mailbox_that_is_no_accounts_is_refused_at_once(operator: Operator) -> None:
    assert send(operator(), to="else@operator.example") == (550, "no such mailbox")


def test_a_mail_to_another_accounts_mailbox_is_refused(operator: Operator) -> None:
    other = SandboxAccount("other", Secret("x"), None, "other@operator.example")
    running = operator((ACCOUNT, other))
    assert send(running, to="other@operator.example") == (550, "login refused")


def test_a_dynamic_sender_may_be_any(operator: Operator) -> None:
    running = operator((SandboxAccount("acme", Secret(PASSWORD), None, MAILBOX),))
    order = Letter("acme", Secret(PASSWORD), "Anything", ("79210000000",), "x")
    assert send(running, mail(order))[0] == 250


def test_accounts_appear_change_and_go_while_it_runs(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "sandbox" / "accounts.json"
    write_accounts(path, [])
    with connect(operator(path)) as client:
        assert hand_over(client) == (550, "no such mailbox")
        write_accounts(path, [ACCOUNT])
        assert hand_over(client)[0] == 250
        write_accounts(path, [SandboxAccount("acme", Secret("new"), None, MAILBOX)])
        assert hand_over(client) == (550, "login refused")


def test_without_a_file_the_first_order_under_a_login_opens_its_account(
    operator: Operator, tmp_path: Path
) -> None:
    running = operator(tmp_path / "accounts.json")
    assert send(running)[0] == 250
    other = Letter("acme", Secret("guessed"), "ACME", ("79210000000",), "x")
    assert send(running, mail(other)) == (550, "login refused")
    assert send(running)[0] == 250


def test_accounts_are_read_back_from_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    dynamic = SandboxAccount("Лютик", Secret("пароль"), None, "b@operator.example")
    write_accounts(path, [ACCOUNT, dynamic])
    assert read_accounts(path) == (ACCOUNT, dynamic)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_broken_accounts_file_is_told_without_its_content(
    operator: Operator, tmp_path: Path
) -> None:
    path = tmp_path / "accounts.json"
    path.write_text(f'{{"accounts": [{{"password": "{PASSWORD}"}}')
    with pytest.raises(ValueError, match=r"accounts\.json is no file of accounts$") as caught:
        read_accounts(path)
    assert caught.value.__cause__ is None
    assert send(operator(path)) == (451, "internal error")


def test_8bitmime_is_offered(operator: Operator) -> None:
    with connect(operator()) as client:
        client.ehlo()
        assert client.has_extn("8bitmime")


@pytest.mark.parametrize(("fault", "code"), [("421", 421), ("451", 451), ("554", 554)])
def test_an_answer_of_refusal_to_the_dot_records_nothing(
    operator: Operator, fault: str, code: int
) -> None:
    running = operator(faults={fault: 1})
    assert send(running)[0] == code
    assert running.letters() == []


@pytest.mark.parametrize("fault", ["421", "421-mail"])
def test_421_closes_the_connection(operator: Operator, fault: str) -> None:
    client = connect(operator(faults={fault: 1}))
    client.ehlo()
    client.mail("portal@example.com")
    if fault == "421":
        client.rcpt(MAILBOX)
        client.data(mail())
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    client.close()


def test_a_connection_closed_amid_the_body_records_nothing(operator: Operator) -> None:
    running = operator(faults={"close-mid-data": 1})
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(running)
    assert running.letters() == []


def test_a_connection_closed_after_the_dot_has_the_letter_recorded(operator: Operator) -> None:
    running = operator(faults={"close-after-dot": 1})
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(running)
    assert len(running.letters()) == 1


def test_a_hang_after_the_dot_has_the_letter_recorded_and_serves_the_others(
    operator: Operator,
) -> None:
    running = operator(faults={"hang-after-dot": 1})
    client = connect(running)
    client.ehlo()
    client.mail("portal@example.com")
    client.rcpt(MAILBOX)
    client.docmd("DATA")
    client.send(smtplib._quote_periods(mail()) + b".\r\n")  # type: ignore[attr-defined]
    assert client.sock is not None
    client.sock.settimeout(0.3)
    with pytest.raises(TimeoutError):
        client.sock.recv(1)
    assert len(running.letters()) == 1
    with connect(running) as other:
        assert other.noop()[0] == 250
    client.close()


def test_a_slow_reply_comes_after_the_letter_is_recorded(operator: Operator) -> None:
    running = operator(faults={"slow-reply": 1})
    with ThreadPoolExecutor(1) as pool:
        reply = pool.submit(send, running)
        assert reply.result()[0] == 250
    assert len(running.letters()) == 1


def test_a_greylisted_sender_passes_at_the_next_try(operator: Operator) -> None:
    running = operator(faults={"greylist": 1})
    assert send(running)[0] == 450
    assert send(running, sender="other@example.com")[0] == 450
    assert send(running)[0] == 250
    assert len(running.letters()) == 1


def test_the_same_seed_gives_the_same_faults(operator: Operator) -> None:
    def codes(seed: int) -> list[int]:
        with connect(operator(faults={"451": 0.5}, seed=seed)) as client:
            return [hand_over(client)[0] for _ in range(20)]

    assert codes(7) == codes(7)
    assert set(codes(7)) == {250, 451}
    assert codes(7) != codes(8)


def test_faults_that_add_up_to_more_than_one_share_all_emails(operator: Operator) -> None:
    with connect(operator(faults={"451": 0.9, "554": 0.9}, seed=1)) as client:
        assert {hand_over(client)[0] for _ in range(20)} == {451, 554}


@pytest.mark.parametrize("argument", ["unknown=0.5", "451", "451=", "451=2", "451=-1", "451=nan"])
def test_a_bad_fault_is_refused_naming_the_known_ones(argument: str) -> None:
    with pytest.raises(ValueError, match=", ".join(FAULTS)):
        parse_fault(argument)


def test_a_fault_is_read() -> None:
    assert parse_fault("close-mid-data=0.25") == ("close-mid-data", 0.25)


def test_an_unknown_fault_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="close-mid-data"):
        SandboxOperator((), tmp_path / "log", faults={"unknown": 1})


def test_latency_delays_every_reply_once(operator: Operator) -> None:
    running = operator(latency_ms=100)
    before = datetime.now(UTC)
    with connect(running) as client:
        client.ehlo()
        taken = (datetime.now(UTC) - before).total_seconds()
    assert 0.2 <= taken < 0.6


def test_many_sessions_at_once_lose_nothing_and_tear_no_line(
    operator: Operator, tmp_path: Path
) -> None:
    running = operator()

    def session(number: int) -> None:
        with connect(running) as client:
            for each in range(25):
                code, _ = hand_over(client, mail(message_id=f"<{number}.{each}@portal.example>"))
                assert code == 250

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(session, range(32)))
    lines = (tmp_path / "letters.jsonl").read_text().splitlines()
    assert len({json.loads(line)["message_id"] for line in lines}) == len(lines) == 32 * 25


def test_a_line_still_being_written_is_left_out(operator: Operator, tmp_path: Path) -> None:
    running = operator()
    send(running)
    with (tmp_path / "letters.jsonl").open("a") as log:
        log.write('{"time": "2026-')
    assert len(read_letters(tmp_path / "letters.jsonl")) == 1


def test_a_durable_letter_is_accepted_as_well(tmp_path: Path) -> None:
    with SandboxOperator([ACCOUNT], tmp_path / "sandbox" / "letters.jsonl") as running:
        assert send(running)[0] == 250
        assert len(running.letters()) == 1


def test_the_port_stays_over_a_restart(operator: Operator) -> None:
    running = operator()
    port = running.port
    send(running)
    client = connect(running)
    running.stop()
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        client.noop()
    client.close()
    with pytest.raises(ConnectionRefusedError):
        connect(running)
    assert running.start() == port
    assert send(running)[0] == 250
    assert len(running.letters()) == 2


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        operator = SandboxOperator((), tmp_path / "log", port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            operator.start()
        operator.stop()


def test_a_client_that_leaves_before_the_greeting_is_let_go(operator: Operator) -> None:
    running = operator(latency_ms=500)
    with socket.create_connection(("127.0.0.1", running.port), timeout=5) as client:
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
