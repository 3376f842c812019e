"""What the calls about what is made of a master answer: checks, looks, captions, proxies, addresses."""

from __future__ import annotations

from typing import Literal

from mam.web.api.answers import Answer, Trouble


class LookAlike(Answer):
    """A version that is the same master or looks the same; its film begins `offset_seconds` later."""

    asset_id: str
    version_id: str
    project_id: str
    title: str
    number: int
    score: float
    reason: Literal["same_master", "similar"]
    offset_seconds: float | None


class LookAlikes(Answer):
    """Look-alikes of a version, the best first."""

    items: list[LookAlike]


class Loudness(Answer):
    """A track after EBU R128: LUFS, LU, dBTP; null where nothing is loud enough to be measured."""

    track: int
    integrated: float | None
    range: float | None
    true_peak: float | None


class Interlace(Answer):
    """What the container says of fields and what most pictures say (`share` of them, 0 to 1)."""

    container: str
    measured: Literal["tff", "bff", "progressive", "unknown"]
    share: float


class Marker(Answer):
    """A finding on the preview's frames, `frame_out` the last one meant; frames are null without a picture.

    `value` is seconds (black, freeze, silence), samples (clipping), LUFS or dBTP (loudness), frames (dropped,
    duplicated), frames a second (mixed_rate) or the share of pictures (interlace).
    """

    kind: Literal[
        "black", "freeze", "silence", "clipping", "loudness",
        "dropped", "duplicated", "mixed_rate", "interlace",
    ]  # fmt: skip
    frame_in: int | None
    frame_out: int | None
    timecode_in: str | None
    timecode_out: str | None
    seconds_in: float
    seconds_out: float
    severity: Literal["info", "warning", "error"]
    value: float | None
    detail: str
    track: int | None


class Analysis(Answer):
    """What automatic QC found in a master."""

    version_id: str
    status: Literal["none", "queued", "processing", "ready", "failed"]
    percent: float
    error: Trouble | None
    loudness: list[Loudness]
    interlace: Interlace | None
    markers: list[Marker]
    waveform: bool
    made_at: str | None


class JobReference(Answer):
    """The job that does it."""

    job_id: str


class Captions(Answer):
    """A text track as WebVTT; `language` is empty where nobody said it, `id` null for the film's own."""

    id: str | None
    language: str
    label: str
    forced: bool
    url: str


class Signed(Answer):
    """Signed addresses of a preview.

    `url` is the HLS master playlist, `dash_url` the DASH manifest, `sprite_url` WebVTT with `#xywh=`.
    """

    url: str | None
    dash_url: str | None
    poster_url: str | None
    sprite_url: str | None
    waveform_url: str | None
    captions: list[Captions]
    expires_at: str


class CaptionFile(Answer):
    """A caption file that somebody added; `cues` is how many captions it holds."""

    id: str
    language: str
    label: str
    forced: bool
    format: Literal["srt", "vtt", "ass", "sbv", "ttml", "scc", "stl"]
    filename: str
    cues: int
    created_at: str


class Proxy(Answer):
    """A proxy to edit with: `size` in bytes and `url` of its download once it is ready."""

    id: str
    version_id: str
    recipe: str
    label: str
    status: Literal["queued", "processing", "ready", "failed"]
    percent: float
    filename: str
    size: int | None
    url: str | None
    error: Trouble | None
    created_at: str
    finished_at: str | None
