from tests.unit.sms.conftest import tls_files

__all__ = ["tls_files"]
