"""What describers say, merged and packed."""

from __future__ import annotations

import json
from fractions import Fraction

from mam.services import described
from mam.types import AudioTrack, MediaInfo, VideoTrack


def test_what_describers_say_is_merged_and_travels_without_loss() -> None:
    # Given two answers about one file
    video = VideoTrack(
        "h264", 1920, 1080, 1920, 1080, Fraction(24000, 1001), "yuv420p", sample_aspect=Fraction(4, 3)
    )
    sound = (AudioTrack(0, "aac", 2, 48_000, language="eng"),)
    first = MediaInfo("video", "mov", "video/mp4", 10.0, video, sound, tags={"camera": "A"})
    later = MediaInfo(
        "video", "other", "video/x", start_timecode="01:00:00:00", tags={"camera": "B", "reel": "7"}
    )
    # When they are merged
    merged = described.merge(first, later)
    # Then the first one's words hold and its gaps are filled
    assert (merged.format, merged.start_timecode) == ("mov", "01:00:00:00")
    assert merged.tags == {"camera": "A", "reel": "7"}
    # And through JSON nothing is lost
    assert described.unpack(json.loads(json.dumps(described.pack(merged)))) == merged
    old = {**described.pack(merged), "from_the_future": 1}
    assert described.unpack(old) == merged
