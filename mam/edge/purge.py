"""Takes the cached bytes of what was revoked off the disk, soon after every edge has begun to refuse them.

Which versions hang on an asset or a project is learned from the grants that passed: an edge has no database.
Removes only from the disk cache; what it does not know of is refused all the same, and is the first to go.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from mam.edge.cache import DiskCache

_MOST_TAGS = 20_000
_KINDS = ("asset:", "project:")
_VERSION = "version:"
_log = structlog.get_logger(__name__)


@dataclass
class Purge:
    """What is known of the versions behind each tag; `note` on the event loop, `purge` in any thread."""

    cache: DiskCache
    _versions: OrderedDict[str, set[str]] = field(default_factory=OrderedDict)

    def note(self, tags: Iterable[str], version_id: str) -> None:
        """A grant of these tags opens this version."""
        for tag in tags:
            if tag.startswith(_KINDS):
                self._versions.setdefault(tag, set()).add(version_id)
                if len(self._versions) > _MOST_TAGS:
                    self._versions.popitem(last=False)

    def purge(self, tags: Iterable[str]) -> int:
        """Remove what is cached of the versions that these marks name; answers the bytes freed."""
        freed = 0
        for tag in tags:
            named = {tag.removeprefix(_VERSION)} if tag.startswith(_VERSION) else set[str]()
            for version_id in named | self._versions.get(tag, set()):
                freed += self.cache.purge(version_id)
        if freed:
            _log.info("revoked previews removed from the cache", bytes=freed)
        return freed
