"""A process that writes audit entries until it is killed or done: `url data threads each`."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path

from mam import models
from mam.config import Config, Secret
from mam.core import open_mam
from mam.models import database
from mam.services import audit
from mam.types import SYSTEM


def main() -> None:
    url, data, threads, each = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    config = Config(data=data)
    if url:
        config = replace(config, database=replace(config.database, url=Secret(url)))
    mam = open_mam(config, check=False)

    def write(number: int) -> None:
        for count in range(each):
            with models.database.connection_context(), database.atomic():
                audit.record(mam, SYSTEM, "test.written", data={"thread": number, "count": count})
            print(".", flush=True)  # noqa: T201 - tells the test that this one was committed

    writers = [threading.Thread(target=write, args=(number,)) for number in range(threads)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()


if __name__ == "__main__":
    main()
