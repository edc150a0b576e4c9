"""What the tests of other protocols share."""

import pytest

from tests.sdk.shared import shared_folder
from tests.server.protocols.npm_clients import NpmClients, install_clients


@pytest.fixture(scope="module")
def npm_clients(tmp_path_factory: pytest.TempPathFactory) -> NpmClients:
    """Clients from npm, as their users install them."""
    return install_clients(shared_folder(tmp_path_factory))
