"""A PostgreSQL server of the portal's own, from the binaries that a pip package ships."""

from portal.embedded.postgres.errors import EmbeddedPostgresError
from portal.embedded.postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
