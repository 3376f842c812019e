"""Puts pieces of renditions together in a folder, as one transcoder would have written it from end to end.

Segments of later pieces are brought onto the film's clock; there is one init segment and one playlist for
each rendition. Reads folders of contained programs with distrust, and the previews area; writes its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mam.media import fragments, playlists
from mam.media.pieces import first_segment, segment_name
from mam.media.playlists import INIT_NAME, PLAYLIST_NAME, MediaPlaylist, Segment
from mam.media.recipe_args import names
from mam.services.scratch import opened
from mam.types import Recipe, Storage

_LARGEST = 1 << 30


@dataclass
class _Rendition:
    """What is there of one rendition. `ticks` is a frame's length in its clock; 0 while nobody knows."""

    segments: list[Segment] = field(default_factory=list)
    ended: bool = False
    ticks: int = 0


class Assembly:
    """The renditions of one film on their way into `target`. Errors are `OSError` and ValueError."""

    def __init__(self, storage: Storage, target: Path, recipe: Recipe) -> None:
        """`target` is our own folder; no contained program may write there."""
        self._storage, self._target, self._recipe = storage, target, recipe
        self._made = {name: _Rendition() for name in names(recipe)}
        for name in self._made:
            (target / name).mkdir(exist_ok=True)

    def has(self, name: str) -> bool:
        """Whether anything of a rendition is there."""
        return bool(self._made[name].segments)

    def ended(self, name: str) -> bool:
        """Whether a rendition is whole."""
        return self._made[name].ended

    def follow(self, folder: Path, name: str, *, whole: bool) -> bool:
        """Take what an encoder has finished of a rendition's beginning; whether there was anything.

        `whole` says that with this encoder's end the rendition ends.
        """
        made = self._made[name]
        listed = _listed(folder, name)
        fresh = listed.segments[len(made.segments) :] if listed else ()
        if listed is None or made.ended or not (fresh or (listed.ended and whole)):
            return False
        if not made.segments:
            self._begin(name, _read(folder, name, INIT_NAME))
        for number, segment in enumerate(fresh, start=len(made.segments)):
            if segment.name != segment_name(number):
                raise ValueError(f"segment {number} is called {segment.name}")
            self._write(name, segment.name, _read(folder, name, segment.name))
        self._list(name, fresh, ended=listed.ended and whole)
        return True

    def append(self, base: str, part: Recipe) -> Iterator[None]:
        """Take a stored piece that begins where the renditions end, rung by rung; yields between segments."""
        for rung in self._recipe.rungs:
            made, before = self._made[rung.name], first_segment(part)
            if len(made.segments) != before:
                raise ValueError(f"segment {before} does not follow {len(made.segments)} others")
            listed = playlists.parse_media(self._stored(f"{base}/{rung.name}/{PLAYLIST_NAME}").decode())
            fresh = []
            for number, segment in enumerate(listed.segments, start=before):
                data = self._stored(f"{base}/{rung.name}/{segment.name}")
                moved = fragments.moved(data, number + 1, part.start_frame * made.ticks)
                self._write(rung.name, segment_name(number), moved)
                fresh.append(Segment(segment_name(number), segment.duration))
                yield
            self._list(rung.name, fresh, ended=part.frames == 0)

    def _begin(self, name: str, init: bytes) -> None:
        if name in {rung.name for rung in self._recipe.rungs}:
            self._made[name].ticks = fragments.ticks_of_a_frame(init, self._recipe.frame_rate)
        self._write(name, INIT_NAME, init)

    def _list(self, name: str, fresh: tuple[Segment, ...] | list[Segment], *, ended: bool) -> None:
        """Say what is there, all at once, for whoever reads the playlist meanwhile."""
        made = self._made[name]
        made.segments += fresh
        made.ended = ended
        text = playlists.write_media(made.segments, ended=ended, segment_seconds=self._recipe.segment_seconds)
        self._write(name, PLAYLIST_NAME, text.encode())

    def _write(self, name: str, file: str, data: bytes) -> None:
        path = self._target / name / file
        new = path.with_name(f"{file}.new")
        new.write_bytes(data)
        new.replace(path)

    def _stored(self, key: str) -> bytes:
        with self._storage.open("previews", key) as stream:
            return stream.read(_LARGEST)


def _listed(folder: Path, name: str) -> MediaPlaylist | None:
    """What an encoder says is whole; None where it has not begun."""
    try:
        return playlists.parse_media(_read(folder, name, PLAYLIST_NAME).decode("utf-8", "replace"))
    except FileNotFoundError:
        return None


def _read(folder: Path, *names: str) -> bytes:
    with opened(folder, *names) as stream:
        return stream.read(_LARGEST)
