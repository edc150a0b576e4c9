"""The servers of the tests of `server`, for what newcomers send them."""

from tests.server.conftest import running, settings, start

__all__ = ["running", "settings", "start"]
