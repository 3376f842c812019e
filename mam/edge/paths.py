"""Which bytes of a request line name something to deliver, and what.

Works on the raw path as it came over the wire, never on a decoded one: what is checked here is what is
opened later (promise E4). Pure; opens nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mam.media.stills import FITS, FORMATS, MAX_QUALITY

MAX_PATH = 1024
"""Longest `/s/...` path that is looked at, in bytes."""

MAX_DOWNLOAD_PATH = 4200
"""Longest `/d/...` path: a token of 4096 characters and its prefix."""

_ID = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# No segment begins with a dot, so `.` and `..` cannot be written; `%`, `;`, `\` and NUL are no letters here.
_SEGMENT = rb"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_PREVIEW = re.compile(
    rb"/s/(?P<grant>[A-Za-z0-9_-]+)/(?P<version>"
    + _ID
    + rb")/(?P<path>"
    + _SEGMENT
    + rb"(?:/"
    + _SEGMENT
    + rb")*)"
)
_DOWNLOAD = re.compile(rb"/d/(?P<token>[A-Za-z0-9_-]+)")
_NUMBER = re.compile(rb"(w|h|q|page)=([1-9][0-9]{0,4})")
_WORD = re.compile(rb"(fit|f)=([a-z]{1,8})")
_WORDS = {"fit": FITS, "f": ("auto", *FORMATS)}

NOBODY = "00000000-0000-0000-0000-000000000000"
"""The version that no asset has: its one path, for edges alone, tells what was revoked."""

REVOKED = "revoked"

CONTENT_TYPES = {
    "m3u8": "application/vnd.apple.mpegurl",
    "mpd": "application/dash+xml",
    "mp4": "video/mp4",
    "m4s": "video/mp4",
    "m4a": "audio/mp4",
    "ts": "video/mp2t",
    "vtt": "text/vtt; charset=utf-8",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "json": "application/json",
}
"""By the end of the name; anything else leaves as bytes that no browser interprets."""


@dataclass(frozen=True)
class PreviewPath:
    """A well-formed `/s/{grant}/{version_id}/{path}`; nothing is said of the grant's truth yet."""

    grant: str
    version_id: str
    path: str

    @property
    def key(self) -> str:
        """The object's key in the previews area. Always under the version's own folder."""
        return f"{self.version_id}/{self.path}"

    @property
    def is_image(self) -> bool:
        """Whether this is no stored object but a picture resized on demand."""
        return self.path == "img"

    @property
    def is_playlist(self) -> bool:
        """Whether this is a playlist, which may change at any moment."""
        return self.path.endswith(".m3u8")

    @property
    def is_immutable(self) -> bool:
        """Whether it lies in a generation's folder and is no playlist: its bytes never change."""
        return "/" in self.path and not self.is_playlist

    @property
    def content_type(self) -> str:
        """The media type by the name's ending."""
        return CONTENT_TYPES.get(self.path.rpartition(".")[2], "application/octet-stream")


def parse_preview(raw: bytes) -> PreviewPath | None:
    """The parts of a preview path; None for anything that is not exactly of that form."""
    match = _PREVIEW.fullmatch(raw) if len(raw) <= MAX_PATH else None
    if match is None:
        return None
    return PreviewPath(match["grant"].decode(), match["version"].decode(), match["path"].decode())


def parse_download(raw: bytes) -> str | None:
    """The token of a download path `/d/{token}`; None for any other form."""
    match = _DOWNLOAD.fullmatch(raw) if len(raw) <= MAX_DOWNLOAD_PATH else None
    return match["token"].decode() if match else None


def parse_image_query(raw: bytes) -> dict[str, Any] | None:
    """The parameters of `.../img?...` for `mam.media.stills.wanted`; None for anything odd.

    Known names, each once; whole numbers from 1 to 99999 (`q` to 100) in plain digits; known words.
    """
    found: dict[str, Any] = {}
    for part in raw.split(b"&") if raw else ():
        number, word = _NUMBER.fullmatch(part), _WORD.fullmatch(part)
        match = number or word
        if match is None or match[1].decode() in found:
            return None
        name, text = match[1].decode(), match[2].decode()
        if (word and text not in _WORDS[name]) or (name == "q" and int(text) > MAX_QUALITY):
            return None
        found[name] = int(text) if number else text
    return found
