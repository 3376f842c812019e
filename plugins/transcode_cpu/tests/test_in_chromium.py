"""What transcode_cpu makes, played by hls.js in a real Chromium: every frame, to the end, on every rung."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from mam.media.codecs import codec_of
from mam.media.playlists import Rendition, master, measure
from mam.testing_transcoders import Rendered, make_film

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(180)]

Render = Callable[..., Rendered]
Play = Callable[[Rendered], Page]
HLS_JS = Path(__file__).parents[3] / "themes" / "default" / "static" / "vendor" / "hls.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
PAGE = """<!doctype html><video muted playsinline></video><script type="module">
import Hls from "./hls.js";
const video = document.querySelector("video");
const hls = window.hls = new Hls({ enableWorker: false });
window.troubles = [];
hls.on(Hls.Events.ERROR, (_, data) => window.troubles.push(data.details + (data.fatal ? " fatal" : "")));
hls.loadSource("master.m3u8");
hls.attachMedia(video);
video.addEventListener("loadeddata", () => { window.ready = true; });
window.shade = async (time) => {
  const seeked = new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
  const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  video.currentTime = time;
  await seeked;  // and then the picture: "seeked" may come before it is on the screen
  await Promise.race([shown, new Promise((resolve) => setTimeout(resolve, 3000))]);
  const canvas = new OffscreenCanvas(8, 8);
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 8, 8);
  return context.getImageData(4, 4, 1, 1).data[1];
};
window.finish = () => new Promise((resolve) => {
  video.addEventListener("ended", () => resolve(video.currentTime), { once: true });
  video.play();
});
</script>"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    arguments = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser.new_page()
        browser.close()


@pytest.fixture
def play(page: Page) -> Iterator[Play]:
    """Serve a rendered film with a page that plays it."""
    servers: list[ThreadingHTTPServer] = []

    def open_it(made: Rendered) -> Page:
        (made.folder / "index.html").write_text(PAGE, encoding="utf-8")
        (made.folder / "master.m3u8").write_text(master(renditions(made)), encoding="utf-8")
        shutil.copy(HLS_JS, made.folder / "hls.js")
        handler = partial(_Quiet, directory=str(made.folder))
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        page.goto(f"http://127.0.0.1:{servers[-1].server_port}/index.html")
        page.wait_for_function("window.ready === true")
        return page

    yield open_it
    page.goto("about:blank")
    for server in servers:
        server.shutdown()
        server.server_close()


def renditions(made: Rendered) -> Iterator[Rendition]:
    rungs = {rung.name: rung for rung in made.recipe.rungs}
    for name in (*rungs, *(f"audio{index}" for index in made.recipe.audio)):
        segments = made.playlist(name).segments
        sizes = [(made.folder / name / segment.name).stat().st_size for segment in segments]
        peak, average = measure(sizes, [segment.duration for segment in segments])
        rung = rungs.get(name)
        yield Rendition(
            name=name,
            kind="video" if rung else "audio",
            uri=f"{name}/index.m3u8",
            codecs=codec_of((made.folder / name / "init.mp4").read_bytes()),
            peak=peak,
            average=average,
            width=rung.width if rung else 0,
            height=rung.height if rung else 0,
            frame_rate=made.recipe.frame_rate,
        )


@pytest.mark.parametrize("rate", ["24000/1001", "60000/1001"])
def test_every_frame_is_where_its_number_says(rate: str, render: Render, play: Play, tmp_path: Path) -> None:
    # Given a film whose frame n has the brightness 20 + 4n, with B-frames and with sound
    shade = f"color=black:s=640x480:r={rate},format=yuv420p,geq=lum=20+4*mod(N\\,48):cb=128:cr=128"
    film = make_film(
        tmp_path / "film.mp4", "-f", "lavfi", "-i", shade, "-f", "lavfi", "-i", "sine=d=4",
        *("-frames:v", "144", *X264, "-bf", "2", "-c:a", "aac"),
    )  # fmt: skip
    made = render(film)

    # When a player seeks into the middle of frames, on each rung
    page = play(made)
    for level in (0, 1):
        page.evaluate("level => { hls.nextLevel = level }", level)
        numbers = [7, 47, 48, 49, 95, 96, 97, 120, 143, 31, 2, 1, 0]
        seen = [page.evaluate("shade", (n + 0.5) / float(made.recipe.frame_rate)) for n in numbers]

        # Then it sees the frame of that number (full range grey back to video levels, back to a number)
        assert [round((grey * 219 / 255 + 16 - 20) / 4) for grey in seen] == [n % 48 for n in numbers]
    assert not [trouble for trouble in page.evaluate("troubles") if "fatal" in trouble]


def test_av1_is_played_frame_by_frame(render: Render, play: Play, tmp_path: Path) -> None:
    # Given a film whose frame n has the brightness 20 + 12n, made as AV1
    shade = "color=black:s=320x240:r=25,format=yuv420p,geq=lum=20+12*mod(N\\,16):cb=128:cr=128"
    film = make_film(tmp_path / "film.mp4", "-f", "lavfi", "-i", shade, "-frames:v", "110", *X264)
    made = render(film, "av1")
    assert codec_of((made.folder / "240" / "init.mp4").read_bytes()).startswith("av01.0.")
    # When a player seeks into the middle of frames
    page = play(made)
    numbers = [0, 1, 48, 49, 50, 51, 99, 100, 109]
    seen = [page.evaluate("shade", (n + 0.5) / 25) for n in numbers]
    # Then it sees the frame of that number
    assert [round((grey * 219 / 255 + 16 - 20) / 12) for grey in seen] == [n % 16 for n in numbers]
    assert not [trouble for trouble in page.evaluate("troubles") if "fatal" in trouble]


FILMS = {
    "with sound": (("-i", "testsrc2=s=640x480:r=25:d=5"), ("-i", "sine=d=5"), 5),
    "silent": (("-i", "testsrc2=s=320x180:r=25:d=3"), (), 3),
    "sound alone": ((), ("-i", "sine=d=5"), 5),
    "one frame": (("-i", "testsrc2=s=320x180:r=25:d=0.04"), (), 0.04),
    "sound ends early": (("-i", "testsrc2=s=320x180:r=25:d=7"), ("-i", "sine=d=2"), 7),
    "sound goes on": (("-i", "testsrc2=s=320x180:r=25:d=2"), ("-i", "sine=d=7"), 7),
    "tiny": (("-i", "testsrc2=s=16x16:r=25:d=2"), ("-i", "sine=d=2"), 2),
    "a frame a second": (("-i", "testsrc2=s=320x180:r=1:d=5"), ("-i", "sine=d=5"), 5),
}


@pytest.mark.parametrize("case", FILMS)
def test_film_plays_to_its_end(case: str, render: Render, play: Play, tmp_path: Path) -> None:
    # Given
    picture, sound, seconds = FILMS[case]
    inputs = [word for one in (picture, sound) if one for word in ("-f", "lavfi", *one)]
    film = make_film(tmp_path / "film.mov", *inputs, *X264, "-c:a", "aac")

    # When a player plays it at four times the speed
    page = play(render(film))
    page.evaluate("document.querySelector('video').playbackRate = 4")
    ended_at = page.evaluate("finish()")

    # Then it gets to the end without a stall that it could not mend
    assert ended_at == pytest.approx(seconds, abs=0.1)
    assert not [trouble for trouble in page.evaluate("troubles") if "fatal" in trouble]
