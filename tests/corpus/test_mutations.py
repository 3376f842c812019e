"""Seeded damage to every file of the corpus: described or refused in bounds, nothing else (promise B11).

`MAM_MUTATIONS=100` makes as many of each file; some always run.
"""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from pathlib import Path

import pytest
from whole_box import WholeBox, largest_child

from mam.builtin.describe import mam_describe
from mam.errors import SourceError
from mam.types import MediaInfo, Source

CORPUS = Path(__file__).parents[3] / "shared" / "media"
FOLDERS = ("video", "audio", "gen_video", "gen_audio", "corrupt", "hostile", "other", "image", "document")
MUTATIONS = int(os.environ.get("MAM_MUTATIONS", "1"))
MOST_SECONDS = 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(60 + 60 * MUTATIONS),
    pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not beside this checkout"),
]


def files() -> list[Path]:
    """Every file of the corpus that holds something."""
    found = [path for folder in FOLDERS for path in sorted((CORPUS / folder).glob("*"))]
    return [path for path in found if path.stat().st_size]


@pytest.mark.parametrize("path", files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_damage_is_described_or_refused(whole_box: WholeBox, tmp_path: Path, path: Path) -> None:
    """Promise B11: bytes changed, cut or doubled; no hang, no other error, no process over 2 GiB."""
    dice = random.Random(path.name)  # noqa: S311 - repeatable on purpose
    config = whole_box.mam.config
    for number in range(MUTATIONS):
        damaged = tmp_path / f"{number}"
        damaged.write_bytes(mutated(path.read_bytes(), dice))
        began = time.monotonic()
        with suppress(SourceError):
            info = mam_describe(config, Source(damaged, path.name, damaged.stat().st_size))
            assert isinstance(info, MediaInfo)
        assert time.monotonic() - began < MOST_SECONDS
        damaged.unlink()
    assert largest_child() < 2 << 30


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The file with some bytes changed, often near its beginning; or cut; or doubled."""
    changed = bytearray(data)
    reach = len(changed) if dice.random() < 1 / 2 else min(len(changed), 2048)
    for _ in range(dice.choice((1, 4, 20, 200))):
        changed[dice.randrange(reach)] = dice.randrange(256)
    cut = dice.random()
    if cut < 1 / 4:
        return bytes(changed[: dice.randrange(1, len(changed) + 1)])
    return bytes(changed) if cut < 9 / 10 else bytes(changed) + data[dice.randrange(len(data)) :]
