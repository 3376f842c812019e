"""Carries what a transcoder has finished into the previews area while it works, safe for players at any time.

Per version: `{generation}/{rung}/...` of one attempt each, and `master.m3u8`, the pointer to the generation
that is shown. A segment is stored before the playlist that names it, a playlist before the pointer to it.
Writes the previews area only; removes a segment from the scratch folder once it is stored.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import structlog

from mam.errors import NotFoundError, SourceError, StorageError
from mam.ids import is_id
from mam.media import dash, playlists
from mam.media.captions import file_name as captions_file
from mam.media.codecs import codec_of
from mam.media.playlists import INIT_NAME, PLAYLIST_NAME, Segment
from mam.services.scratch import opened
from mam.types import AudioTrack, CaptionTrack, MediaInfo, Recipe, Rung, Storage

log = structlog.get_logger("mam.publishing")

MASTER = "master.m3u8"
"""The pointer: the master playlist of the generation that is shown."""

_COPY = "pointer.m3u8"
"""A generation's own copy of its master playlist, to mend the pointer with."""

_MANIFEST_COPY = "pointer.mpd"
"""The same of its DASH manifest, which is there once the generation is whole."""

_LONGEST_PLAYLIST = 32 * 1024 * 1024  # bytes; a day of two-second segments takes one and a half million
_LARGEST_INIT = 1024 * 1024
_SEGMENT_HEAD = 64 * 1024  # its first boxes, which hold its time


@dataclass
class Track:
    """One rendition on its way: what is stored of it so far. Sizes in bytes."""

    name: str
    rung: Rung | None = None
    audio: AudioTrack | None = None
    segments: list[Segment] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    codecs: str = ""
    init_bytes: int = 0
    ended: bool = False
    seen: tuple[int, int] = (0, 0)

    @property
    def kind(self) -> str:
        """What the track is, in the word of the playlists."""
        return "video" if self.rung else "audio"

    @property
    def bytes(self) -> int:
        """Everything stored of it but the playlist."""
        return self.init_bytes + sum(self.sizes)

    def rates(self) -> tuple[int, int]:
        """Measured peak and average in bits per second."""
        return playlists.measure(self.sizes, [segment.duration for segment in self.segments])


class Publisher:
    """The renditions of one generation of one version."""

    def __init__(
        self,
        storage: Storage,
        folder: Path,
        *,
        version_id: str,
        generation: str,
        recipe: Recipe,
        media: MediaInfo,
    ) -> None:
        """Nothing is stored yet; `folder` is the transcoder's target."""
        self.generation = generation
        self.tracks = _tracks(recipe, media)
        self.captions: tuple[CaptionTrack, ...] = ()
        self._storage = storage
        self._version_id = version_id
        self._folder = folder
        self._recipe = recipe

    @property
    def started(self) -> bool:
        """Whether anything is stored."""
        return any(track.init_bytes for track in self.tracks)

    @property
    def playable(self) -> bool:
        """Whether every rendition has a first segment."""
        return bool(self.tracks) and all(track.segments for track in self.tracks)

    def publish(self) -> None:
        """Store what is whole and new. Raises `StorageError`; `ValueError` for a playlist that is none."""
        for track in self.tracks:
            try:
                self._publish(track)
            except OSError as error:
                raise StorageError(f"The scratch folder of the job cannot be read: {error}.") from error

    def finish(self) -> None:
        """Store the rest; a rendition that came to nothing is left out of the master playlist.

        Raises `SourceError` where no rendition has any segment, `StorageError` where one is not closed.
        """
        self.publish()
        self.tracks = [track for track in self.tracks if track.segments]
        if not self.tracks:
            raise SourceError(
                "The file holds no picture and no sound that can be shown.", code="source_corrupt"
            )
        open_ended = [track.name for track in self.tracks if not track.ended]
        if open_ended:
            raise StorageError(f"The transcoder left renditions unfinished: {', '.join(open_ended)}.")

    def master(self) -> str:
        """The master playlist as far as it is known: true rates for what has ended, honest bounds before."""
        first = next((track.name for track in self.tracks if track.audio), None)
        renditions = [self._line(track, default=track.name == first) for track in self.tracks]
        return playlists.master(renditions, [self._captions_line(track) for track in self.captions])

    def point(self, sidecars: Sequence[playlists.Captions] = ()) -> None:
        """Make this generation the one that is shown, with the version's caption files."""
        self._put_text(f"{self.generation}/{_COPY}", self.master())
        mend_pointer(self._storage, self._version_id, self.generation, sidecars)

    def publish_manifest(self) -> None:
        """Store the DASH manifest of the whole ladder; the next `point` shows it. Raises `StorageError`."""
        base = f"{self._version_id}/{self.generation}"
        first = next((track.name for track in self.tracks if track.audio), None)
        streams = []
        for track in self.tracks:
            init = _head(self._storage, f"{base}/{track.name}/{INIT_NAME}", _LARGEST_INIT)
            segment = _head(self._storage, f"{base}/{track.name}/{track.segments[0].name}", _SEGMENT_HEAD)
            line = self._line(track, default=track.name == first)
            clock, start = dash.timescale_of(init), dash.start_of(segment)
            streams.append(dash.Stream(line, tuple(track.segments), clock, start))
        captions = [self._captions_line(track) for track in self.captions]
        put_text(self._storage, f"{base}/{_MANIFEST_COPY}", dash.manifest(streams, captions))

    def publish_captions(self, tracks: tuple[CaptionTrack, ...], folder: Path) -> None:
        """Store the text tracks that lie in `folder` with a playlist each; the next `point` names them.

        Raises `StorageError`.
        """
        seconds = max(sum(segment.duration for segment in track.segments) for track in self.tracks)
        for track in tracks:
            name = captions_file(track.index)
            try:
                self.put_file(name, folder=folder)
            except OSError as error:
                raise StorageError(f"The scratch folder of the job cannot be read: {error}.") from error
            playlist = playlists.write_captions(name, seconds)
            self._put_text(f"{self.generation}/{_captions_playlist(track)}", playlist)
        self.captions = tracks

    def put_file(self, *names: str, folder: Path | None = None) -> int:
        """Store a file of the transcoder's (or another) folder under the same name; answers its size."""
        key = "/".join((self._version_id, self.generation, *names))
        return put_file(self._storage, key, folder or self._folder, *names)

    def _publish(self, track: Track) -> None:
        """Segments, then the playlist that names them; a playlist that did not change is not read."""
        text = self._changed_playlist(track)
        if text is None:
            return
        read = playlists.parse_media(text)
        if not track.init_bytes and read.segments:
            self._publish_init(track)
        fresh = read.segments[len(track.segments) :]
        for segment in fresh:
            self._publish_segment(track, segment)
        track.ended = read.ended
        if fresh or read.ended:
            self._publish_playlist(track)

    def _changed_playlist(self, track: Track) -> str | None:
        """The encoder's playlist, or None where it is not there yet or says nothing new."""
        if track.ended:
            return None
        try:
            with opened(self._folder, track.name, PLAYLIST_NAME) as stream:
                status = os.fstat(stream.fileno())
                seen = (status.st_mtime_ns, status.st_size)
                if seen == track.seen:
                    return None
                text = stream.read(_LONGEST_PLAYLIST).decode("utf-8", "replace")
        except FileNotFoundError:
            return None
        track.seen = seen
        return text

    def _publish_init(self, track: Track) -> None:
        with opened(self._folder, track.name, INIT_NAME) as stream:
            track.codecs = codec_of(stream.read(_LARGEST_INIT))
        track.init_bytes = self.put_file(track.name, INIT_NAME)

    def _publish_segment(self, track: Track, segment: Segment) -> None:
        track.sizes.append(self.put_file(track.name, segment.name))
        track.segments.append(segment)
        (self._folder / track.name / segment.name).unlink()

    def _publish_playlist(self, track: Track) -> None:
        text = playlists.write_media(
            track.segments, ended=track.ended, segment_seconds=self._recipe.segment_seconds
        )
        self._put_text(f"{self.generation}/{track.name}/{PLAYLIST_NAME}", text)

    def _put_text(self, name: str, text: str) -> None:
        put_text(self._storage, f"{self._version_id}/{name}", text)

    def _line(self, track: Track, *, default: bool) -> playlists.Rendition:
        peak, average = track.rates()
        if not track.ended:
            most = track.rung.max_bitrate if track.rung else self._recipe.audio_bitrate
            peak = max(peak, playlists.bound(most, self._recipe.segment_seconds))
            average = max(average, most // 2)
        uri = f"{self.generation}/{track.name}/{PLAYLIST_NAME}"
        rung, audio = track.rung, track.audio
        return playlists.Rendition(
            name=track.name,
            kind="video" if rung else "audio",
            uri=uri,
            codecs=track.codecs,
            peak=peak,
            average=average,
            width=rung.width if rung else 0,
            height=rung.height if rung else 0,
            frame_rate=self._recipe.frame_rate if rung else Fraction(0),
            language=audio.language if audio else "",
            title=audio.title if audio else "",
            source_channels=audio.channels if audio else 2,
            default=default,
        )

    def _captions_line(self, track: CaptionTrack) -> playlists.Captions:
        uri = f"{self.generation}/{_captions_playlist(track)}"
        return playlists.Captions(uri, track.language, track.title, track.forced)


def _captions_playlist(track: CaptionTrack) -> str:
    return captions_file(track.index).replace(".vtt", ".m3u8")


def _tracks(recipe: Recipe, media: MediaInfo) -> list[Track]:
    rungs = [Track(rung.name, rung=rung) for rung in recipe.rungs]
    known = {track.index: track for track in media.audio}
    return rungs + [Track(f"audio{index}", audio=known[index]) for index in recipe.audio]


# --- the previews area of a version --------------------------------------------------------------


def put_file(storage: Storage, key: str, folder: Path, *names: str) -> int:
    """Store a file that a contained program wrote; answers its size in bytes."""
    with opened(folder, *names) as stream:
        size = os.fstat(stream.fileno()).st_size
        storage.put("previews", key, stream, size)
    return size


def put_text(storage: Storage, key: str, text: str) -> None:
    """Store a small text object."""
    data = text.encode()
    storage.put("previews", key, io.BytesIO(data), len(data))


def mend_pointer(
    storage: Storage, version_id: str, generation: str | None, sidecars: Sequence[playlists.Captions] = ()
) -> None:
    """Point at `generation`, from its own copies, with the version's caption files; or at nothing."""
    if generation is None:
        storage.delete("previews", f"{version_id}/{MASTER}")
        storage.delete("previews", f"{version_id}/{dash.NAME}")
        return
    master = _text(storage, f"{version_id}/{generation}/{_COPY}")
    if master is None:
        return  # the holder of the lease has not pointed yet, and will
    put_text(storage, f"{version_id}/{MASTER}", playlists.with_captions(master, sidecars))
    manifest = _text(storage, f"{version_id}/{generation}/{_MANIFEST_COPY}")
    if manifest is None:
        storage.delete("previews", f"{version_id}/{dash.NAME}")
    else:
        put_text(storage, f"{version_id}/{dash.NAME}", dash.with_captions(manifest, sidecars))


def _text(storage: Storage, key: str) -> str | None:
    """A small text object; None where it is absent."""
    try:
        with storage.open("previews", key) as stream:
            return stream.read().decode()
    except NotFoundError:
        return None


def _head(storage: Storage, key: str, length: int) -> bytes:
    """The first bytes of an object."""
    with storage.open("previews", key, length=length) as stream:
        return bytes(stream.read(length))


def remove_generation(storage: Storage, version_id: str, generation: str) -> None:
    """Remove everything of one generation."""
    for key in [info.key for info in storage.list("previews", f"{version_id}/{generation}/")]:
        storage.delete("previews", key)


def generation_keys(storage: Storage, version_id: str) -> list[tuple[str, str]]:
    """Every stored object that belongs to a generation: its key and that generation."""
    found = []
    for info in storage.list("previews", f"{version_id}/"):
        parts = info.key.split("/")
        if len(parts) > 2 and is_id(parts[1]):  # noqa: PLR2004 - version / generation / name
            found.append((info.key, parts[1]))
    return found
