"""Shared fixtures: the bundled history as an archive."""

from pathlib import Path

import pytest

from workbench.world.archive import Archive
from workbench.world.feeds import bundled


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive filled from the bundled feed; read it only."""
    folder: Path = tmp_path_factory.mktemp("bundle")
    archive = Archive(folder)
    archive.append(bundled.observations(), origin="bundled", through=bundled.THROUGH)
    return archive
