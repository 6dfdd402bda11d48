"""Celery's broker without a server: message files in a folder."""

from pathlib import Path

from kombu.transport import TRANSPORT_ALIASES

from portal.embedded.folders import make_data_folder, make_private_folder

_SCHEME = "portal-files"


def filesystem_broker(data_dir: Path) -> tuple[str, dict[str, object]]:
    """Celery's broker_url and broker_transport_options for message files under `data_dir`/broker.

    Makes the folders, of mode 700. Raises OSError where it cannot.
    """
    TRANSPORT_ALIASES[_SCHEME] = "portal.embedded.file_transport:Transport"
    broker = make_private_folder(make_data_folder(data_dir) / "broker")
    messages = str(make_private_folder(broker / "messages"))
    options: dict[str, object] = {
        # Every process sends to and reads from the same folder.
        "data_folder_in": messages,
        "data_folder_out": messages,
        "processed_folder": str(make_private_folder(broker / "taken")),
        "control_folder": str(make_private_folder(broker / "control")),
        "store_processed": False,
    }
    # The host means nothing here, but kombu warns of a missing one at every connection.
    return f"{_SCHEME}://localhost", options
