"""The settings of `[plugins.delivery_accel]`, and which folders nginx may send from. Pure; opens nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mam.config import Config, Secret
from mam.errors import ConfigError

SHORTEST_SECRET = 32
"""Characters; as many random ones nobody guesses."""

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_PREFIX = re.compile(r"/(?:[A-Za-z0-9_-]+/)+")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
# what ends a word or begins a variable in nginx's configuration, and what no folder should have in its name
_UNFIT = re.compile(r"[\x00-\x1f\x7f\"\\${};]")
_LONGEST_MEMORY = 5


@dataclass(frozen=True)
class Settings:
    """`secret` is what nginx sends in `header`; `prefix` begins its internal locations.

    `folders` are more folders to send from, each `name=/folder`. `remember_seconds` is how long nginx may
    take a check for all segments of one grant and client; 0 asks for each. `nginx_user` is whom the
    self-check looks for.
    """

    secret: Secret
    header: str = "X-Mam-Front"
    prefix: str = "/_mam/"
    folders: tuple[str, ...] = ()
    remember_seconds: int = 2
    nginx_user: str = ""

    def __post_init__(self) -> None:
        """Raise `ConfigError` for a word that nginx or a header could not hold, or a secret to be guessed."""
        secret = str(self.secret)
        if len(secret) < SHORTEST_SECRET or not secret.isalnum() or not secret.isascii():
            wanted = f"at least {SHORTEST_SECRET} letters and digits, such as `openssl rand -hex 32` makes"
            raise ConfigError(f"plugins.delivery_accel.secret: expected {wanted}.")
        if not _HEADER.fullmatch(self.header):
            raise ConfigError("plugins.delivery_accel.header: expected letters, digits and dashes.")
        if not _PREFIX.fullmatch(self.prefix):
            raise ConfigError('plugins.delivery_accel.prefix: expected a path such as "/_mam/".')
        if not 0 <= self.remember_seconds <= _LONGEST_MEMORY:
            wanted = f"0 to {_LONGEST_MEMORY} seconds, for so much longer a revoked grant holds"
            raise ConfigError(f"plugins.delivery_accel.remember_seconds: expected {wanted}.")
        for one in self.folders:
            _split(one)

    def places(self, config: Config) -> dict[str, Path]:
        """Every folder by the name of its location: the box's own store and caches, then the further ones."""
        own = {
            "previews": config.store / "previews",
            "masters": config.store / "masters",
            "images": config.image_cache,
            "cache": config.edge_cache,
        }
        return own | dict(_split(one) for one in self.folders)


def fits(folder: Path) -> bool:
    """Whether a folder's name can stand in nginx's configuration."""
    return _UNFIT.search(str(folder)) is None


def _split(written: str) -> tuple[str, Path]:
    name, _, folder = written.partition("=")
    if not _NAME.fullmatch(name) or not Path(folder).is_absolute() or ".." in Path(folder).parts:
        raise ConfigError(f'plugins.delivery_accel.folders: expected "name=/folder", found "{written}".')
    return name, Path(folder)
