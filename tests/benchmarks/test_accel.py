"""Segments through nginx with the plugin delivery_accel, beside the same nginx serving the file unasked."""

from __future__ import annotations

import io
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(Path(__file__).parent))
sys.path.append(str(ROOT / "plugins" / "delivery_accel"))
sys.path.append(str(ROOT / "plugins" / "delivery_accel" / "tests"))

from front_server import SECRET, Front  # noqa: E402 - found by the paths above
from load import asker, load  # noqa: E402
from test_edge import running  # noqa: E402

from mam import config as configs  # noqa: E402
from mam.builtin.storage_files import mam_storage  # noqa: E402
from mam.signing import KeyRing, make_grant  # noqa: E402

pytestmark = pytest.mark.benchmark

VERSION = "01999999-0000-7000-8000-00000000000a"
SMALL, LARGE = 60_000, 1_500_000  # 2 s of the smallest rung, and of 1080p
SECONDS, ROUNDS = 2, 3


@pytest.fixture
def config(tmp_path: Path) -> configs.Config:
    """A box that is only its edge, with the plugin, and one segment of each size."""
    file = tmp_path / "config.toml"
    remember = f'[plugins.delivery_accel]\nsecret = "{SECRET}"\n'
    file.write_text(f'data = "{tmp_path}/data"\n[plugins]\nenabled = ["delivery_accel"]\n{remember}')
    config = configs.load(file)
    storage = mam_storage(config=config)
    for name, size in (("small", SMALL), ("large", LARGE)):
        storage.put("previews", f"{VERSION}/g1/{name}.m4s", io.BytesIO(bytes(size)), size)
    return config


@pytest.fixture
def front(config: configs.Config, tmp_path: Path) -> Iterator[Front]:
    """Two workers of nginx before `mam edge`."""
    command = [sys.executable, "-m", "mam.cli", "--config", str(config.path), "edge", "--port"]
    with running(command) as box:
        nginx = Front(tmp_path / "nginx", config, box, workers=2)
        try:
            yield nginx
        finally:
            nginx.stop()


def spent(nginx: Front) -> float:
    """Seconds of processor time that nginx and its workers took so far."""
    own = nginx.process.pid
    workers = Path(f"/proc/{own}/task/{own}/children").read_text().split()
    ticks = 0
    for pid in (str(own), *workers):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measured(nginx: Front, path: str) -> tuple[float, float]:
    """Answers a second, and the microseconds of nginx's processor time for one."""
    before = spent(nginx)
    found = load(nginx.port, [path], seconds=SECONDS)
    return found.rate, (spent(nginx) - before) / found.count * 1e6


def test_segments_through_nginx(
    front: Front, config: configs.Config, capsys: pytest.CaptureFixture[str], figure: Callable[..., None]
) -> None:
    """Issue 7: at least 0.7 of nginx serving the file statically; 2 000 small segments a second."""
    ring = KeyRing.open(config.secrets / "delivery-keys.json")
    grant = make_grant(ring, version_id=VERSION, expires_in=3600)
    best, ratios = 0.0, {}
    for name, size in (("small", "60 KB"), ("large", "1.5 MB")):
        # Given a segment's signed address, and the same file without a check
        ours, plain = f"/s/{grant}/{VERSION}/g1/{name}.m4s", f"/plain/{VERSION}/g1/{name}.m4s"
        # When both are asked for in turns, so that a busy moment meets both
        pairs = [(measured(front, ours), measured(front, plain)) for _ in range(ROUNDS)]
        ratios[name] = statistics.median(mine[0] / bare[0] for mine, bare in pairs)
        figure(f"nginx accel / nginx static, {size}", ratios[name], "x", at_least=0.7)
        if name == "small":
            best = max(mine[0] for mine, _ in pairs)
            figure("nginx accel, 60 KB segments", best, "a second", at_least=2000, note=asker())
            work = statistics.median(bare[1] / mine[1] for mine, bare in pairs)
            figure("the same by processor time of nginx, 60 KB", work, "x")
    # Then nginx has little more to do than without the check
    with capsys.disabled():
        sys.stdout.write(f"\nnginx accel: {best:.0f} small segments a second, ratios {ratios}\n")
    assert best >= 2000
    assert min(ratios.values()) >= 0.7
