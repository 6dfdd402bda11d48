"""Django's PostgreSQL backend over the embedded server: ENGINE "portal.embedded.db"."""

from typing import Any

from django.db.backends.postgresql import base

from portal.embedded.postgres import EmbeddedPostgres


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects to the server of settings' DATA_DIR (a Path), starting it for the first connection.

    HOST, PORT and USER come from there. Raises EmbeddedPostgresError when it cannot start.
    """

    def __init__(self, settings_dict: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        self._server = EmbeddedPostgres(settings_dict["DATA_DIR"])
        parameters = self._server.connection_parameters()
        for name in ("HOST", "PORT", "USER"):
            settings_dict[name] = parameters[name.lower()]
        super().__init__(settings_dict, *args, **kwargs)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._server.ensure_running()
        return super().get_new_connection(conn_params)
