"""A process that promotes one upload and, told so by MAM_FAILPOINT, dies on the way."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from mam import models
from mam.config import Config, QueueConfig, Secret
from mam.core import open_mam
from mam.services import uploads
from mam.types import SYSTEM


def main(data: str, database: str, queue: str, upload_id: str) -> None:
    """Open the box that the test opened, and promote."""
    config = Config(data=Path(data), queue=QueueConfig(url=Secret(queue)))
    config = replace(config, database=replace(config.database, url=Secret(database)))
    mam = open_mam(config, check=False)
    with models.database.connection_context():
        uploads.promote(mam, SYSTEM, upload_id)


main(*sys.argv[1:])
