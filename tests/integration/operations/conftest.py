from tests.integration.delivery.conftest import account, author, engine_alone

__all__ = ["account", "author", "engine_alone"]
