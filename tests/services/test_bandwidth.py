"""What the master playlist says of each rung's rate is what its segments weigh, sound included."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from pieces_bench import make, stored, version_of

from mam.core import Mam
from mam.media import playlists
from mam.models import Version

SIZE = "854x480"
STEREO = ("-f", "lavfi", "-i", "anoisesrc=d=9:a=0.4:seed=1,aformat=channel_layouts=stereo")
MONO = ("-f", "lavfi", "-i", "sine=f=440:d=9")


def uneven_film(path: Path) -> Path:
    """Three quiet seconds, then noise, then quiet again, with two sound tracks that need unlike rates."""
    parts = [
        f"testsrc2=s={SIZE}:r=25:d=3",
        f"testsrc2=s={SIZE}:r=25:d=3,noise=alls=60:allf=t",
        f"color=c=gray:s={SIZE}:r=25:d=3.2",
    ]
    picture = [word for part in parts for word in ("-f", "lavfi", "-i", part)]
    joined = [
        "-filter_complex",
        "[0:v][1:v][2:v]concat=n=3:v=1[v]",
        "-map",
        "[v]",
        "-map",
        "3:a",
        "-map",
        "4:a",
    ]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = ["ffmpeg", "-v", "error", "-y", *picture, *STEREO, *MONO, *joined, *encode, str(path)]
    subprocess.run(command, check=True, timeout=120)
    return path


def weighed(mam: Mam, version: Version, uri: str) -> tuple[float, float]:
    """The highest rate of any segment that is long enough to count, and the mean of all, in bits a second."""
    key = f"{version.id}/{uri}"
    listed = playlists.parse_media(stored(mam, key).decode()).segments
    sizes = [len(stored(mam, f"{key.rsplit('/', 1)[0]}/{one.name}")) for one in listed]
    target = max(1, round(max(one.duration for one in listed)))
    counted = [
        8 * size / one.duration for size, one in zip(sizes, listed, strict=True) if one.duration >= target / 2
    ]
    return max(counted), 8 * sum(sizes) / sum(one.duration for one in listed)


@pytest.mark.timeout(600)
def test_a_rungs_rate_is_that_of_its_dearest_segments_with_the_dearest_sound(
    sqlite_box: Mam, tmp_path: Path
) -> None:
    # Given a film that is quiet and noisy by turns
    version = make(sqlite_box, version_of(sqlite_box, uneven_film(tmp_path / "uneven.mp4")), slots=0)
    assert version.preview_status == "ready"
    text = stored(sqlite_box, f"{version.id}/master.m3u8").decode()
    # When its playlists are weighed
    sound = [weighed(sqlite_box, version, uri) for uri in re.findall(r'TYPE=AUDIO.*URI="([^"]+)"', text)]
    assert len(sound) == 2
    rungs = re.findall(r"STREAM-INF:BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+).*RESOLUTION.*\n(.+)", text)
    assert len(rungs) == 2
    for told_peak, told_average, uri in rungs:
        peak, average = weighed(sqlite_box, version, uri)
        dearest, usual = max(one[0] for one in sound), max(one[1] for one in sound)
        # Then no segment is dearer than it says, nor is it more than a hundredth too careful
        assert peak + dearest <= int(told_peak) <= 1.01 * (peak + dearest)
        assert int(told_average) == pytest.approx(average + usual, rel=0.01)
        assert peak > 1.5 * average  # so that a mean would not have passed for a peak
