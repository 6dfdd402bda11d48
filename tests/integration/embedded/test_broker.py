import os
import select
import shutil
import stat
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection, Exchange, Queue

from portal.embedded.broker import filesystem_broker

_SENT_BY_EACH = 200
_WORKER = """
import os, sys
from pathlib import Path
os.environ.pop("DJANGO_SETTINGS_MODULE", None)
from celery import Celery
from portal.embedded.broker import filesystem_broker
os.environ.pop("DJANGO_SETTINGS_MODULE", None)
os.environ.pop("CELERY_BROKER_URL", None)
app = Celery("bells")
app.conf.broker_url, app.conf.broker_transport_options = filesystem_broker(Path(sys.argv[1]))
app.conf.broker_connection_retry_on_startup = True

@app.task(name="ring", ignore_result=True)
def ring(number):
    os.write(int(sys.argv[2]), f"{number}\\n".encode())

app.worker_main(["worker", "--pool=solo", "--loglevel=ERROR", "--hostname", sys.argv[3]])
"""


def connect(data_dir: Path) -> Connection:
    url, options = filesystem_broker(data_dir)
    return Connection(url, transport_options=options)


def send_numbers(data_dir: Path, sender: int) -> None:
    with connect(data_dir) as connection, connection.SimpleQueue("numbers") as queue:
        for number in range(_SENT_BY_EACH):
            queue.put(sender * _SENT_BY_EACH + number)


def receive_numbers(data_dir: Path, patience: float) -> list[int]:
    """Everything until nothing comes for `patience` seconds."""
    received = []
    with (
        connect(data_dir) as connection,
        connection.SimpleQueue("numbers") as queue,
        suppress(Empty),
    ):
        while True:
            message = queue.get(timeout=patience)
            received.append(message.payload)
            message.ack()
    return received


def test_messages_come_in_the_order_they_were_sent(tmp_path: Path) -> None:
    send_numbers(tmp_path, 0)
    assert receive_numbers(tmp_path, 0.2) == list(range(_SENT_BY_EACH))
    assert files(tmp_path / "broker" / "messages") == []
    assert files(tmp_path / "broker" / "taken") == []


def test_none_is_lost_or_doubled_between_several_senders_and_receivers(tmp_path: Path) -> None:
    with get_context("spawn").Pool(5) as pool:
        receivers = [pool.apply_async(receive_numbers, (tmp_path, 3.0)) for _ in range(2)]
        pool.starmap(send_numbers, [(tmp_path, sender) for sender in range(3)])
        received = Counter(number for each in receivers for number in each.get(60))
    assert received == Counter(range(3 * _SENT_BY_EACH))


def test_a_message_that_is_still_being_written_is_nobodys_yet(tmp_path: Path) -> None:
    send_numbers(tmp_path, 0)
    whole = min(files(tmp_path / "broker" / "messages"))
    whole.with_name(f"{whole.name}.half").write_text("{")
    assert len(receive_numbers(tmp_path, 0.2)) == _SENT_BY_EACH


def test_queues_that_are_bound_at_once_all_get_the_broadcast(tmp_path: Path) -> None:
    names = [f"listener{number}" for number in range(24)]
    with get_context("spawn").Pool(4) as pool:
        pool.starmap(bind, [(tmp_path, name) for name in names], chunksize=1)
    with connect(tmp_path) as connection:
        connection.Producer().publish("news", exchange=Exchange("all", type="fanout"))
    reached = {path.name.split(".")[-2] for path in files(tmp_path / "broker" / "messages")}
    assert reached == set(names)


def test_a_deleted_queue_gets_no_more_broadcasts(tmp_path: Path) -> None:
    bind(tmp_path, "gone")
    bind(tmp_path, "there")
    with connect(tmp_path) as connection:
        exchange = Exchange("all", type="fanout")
        Queue("gone", exchange)(connection.default_channel).delete()
        connection.Producer().publish("news", exchange=exchange)
    (left,) = files(tmp_path / "broker" / "messages")
    assert left.name.endswith(".there.msg")


def test_a_killed_workers_queue_of_heartbeats_is_not_filled(tmp_path: Path) -> None:
    bind(tmp_path, "celeryev.of-a-killed-worker")
    with connect(tmp_path) as connection:
        connection.Producer().publish("alive", exchange=Exchange("all", type="fanout"))
    assert files(tmp_path / "broker" / "messages") == []


def test_wiping_its_folder_under_a_sender_and_a_receiver_costs_only_the_messages(
    tmp_path: Path,
) -> None:
    with (
        connect(tmp_path) as sending,
        connect(tmp_path) as receiving,
        sending.SimpleQueue("numbers") as sender,
        receiving.SimpleQueue("numbers") as receiver,
    ):
        sender.put("lost")
        shutil.rmtree(tmp_path / "broker")
        with pytest.raises(Empty):
            receiver.get(timeout=0.2)
        sender.put("kept")
        assert receiver.get(timeout=5).payload == "kept"


def test_its_folders_are_closed_to_others(tmp_path: Path) -> None:
    filesystem_broker(tmp_path)
    folders = [path for path in (tmp_path / "broker").rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_celery_workers_share_the_tasks_and_one_may_be_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reading, writing = os.pipe()
    workers = [start_worker(tmp_path, writing, f"worker{number}@here") for number in range(2)]
    try:
        with connect(tmp_path) as connection:
            for number in range(50):
                publish_task(connection, number)
        rung = await_lines(reading, 50)
        workers[0].kill()
        workers[0].wait()
        with connect(tmp_path) as connection:
            publish_task(connection, 50)
        rung += await_lines(reading, 1)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
        os.close(reading)
        os.close(writing)
    assert sorted(map(int, rung)) == list(range(51))
    assert files(tmp_path / "broker" / "messages") == []
    assert {path.name for path in tmp_path.iterdir()} == {"broker"}


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def bind(data_dir: Path, name: str) -> None:
    with connect(data_dir) as connection:
        Queue(name, Exchange("all", type="fanout"))(connection.default_channel).declare()


def start_worker(data_dir: Path, writing: int, name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _WORKER, str(data_dir), str(writing), name],
        pass_fds=(writing,),
        stdout=subprocess.DEVNULL,
    )


def publish_task(connection: Connection, number: int) -> None:
    exchange = Exchange("celery", type="direct")
    connection.Producer().publish(
        [[number], {}, {}],
        exchange=exchange,
        routing_key="celery",
        declare=[Queue("celery", exchange, routing_key="celery")],
        headers={"id": str(number), "task": "ring"},
    )


def await_lines(reading: int, wanted: int) -> list[str]:
    text = ""
    while text.count("\n") < wanted:
        assert select.select([reading], [], [], 30)[0], f"only {text.count(chr(10))} came"
        text += os.read(reading, 4096).decode()
    return text.split()
