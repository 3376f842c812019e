"""One TOML file into frozen dataclasses: typed, every default here, unknown keys refused.

The classes below are the list of settings; `config.example.toml` is held to them by a test.
A secret may be written as `{ file = "path" }` or `{ env = "NAME" }`. Nothing here opens a
connection or makes a folder.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import ipaddress
import os
import stat
import tempfile
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NewType, TypeVar
from urllib.parse import urlsplit

from mam.errors import ConfigError
from mam.ladder_config import Ladder, problems

T = TypeVar("T")
_SOCKET_PATH_LIMIT = 100  # sun_path is 108 bytes on Linux; leave room for the file name's temporary twin


class Secret(str):
    """A string that does not show itself in a repr, a log line or a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Hide the value."""
        return "Secret(…)"


_NO_SECRET = Secret("")


@dataclass(frozen=True)
class Server:
    """`[server]`: where the portal and API listen, with how many processes and threads each.

    `rate` is requests a second of one address or user, `anonymous_rate` of those not logged in; 0: no limit.
    `certificate` is the PEM file of the authority behind https://, which machines that join are to trust.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    certificate: str = ""
    trusted_proxies: tuple[str, ...] = ()
    threads: int = 3
    processes: int = 2
    rate: int = 2000
    anonymous_rate: int = 100


@dataclass(frozen=True)
class Database:
    """`[database]`: empty `url` is SQLite in the data folder; else `postgresql://user@host/name`.

    `statement_seconds` bounds one statement, and a transaction that stands still, on PostgreSQL.
    """

    url: Secret = _NO_SECRET
    pool: int = 24
    statement_seconds: float = 60.0


@dataclass(frozen=True)
class QueueConfig:
    """`[queue]`: empty `url` starts a private Valkey on a unix socket; else `redis://…` or `unix://…`."""

    url: Secret = _NO_SECRET
    lease_seconds: float = 15.0
    sweep_seconds: float = 5.0
    max_attempts: int = 3


@dataclass(frozen=True)
class Copy:
    """`[[storage.copies]]`: a second store that every master is copied to as well.

    `path` is a folder of the builtin files store; `plugin` another store, with its own `settings`.
    """

    name: str
    path: str = ""
    plugin: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Raise `ConfigError` for a name that cannot be, and for none or two places."""
        if not self.name or not self.name.replace("-", "").isalnum() or len(self.name) > _LONGEST_NAME:
            wanted = f"1 to {_LONGEST_NAME} letters, digits and hyphens"
            raise ConfigError(f'storage.copies: name: expected {wanted}, found "{self.name}".')
        if bool(self.path) is bool(self.plugin):
            raise ConfigError(f"storage.copies: {self.name}: give either a path or a plugin.")


_LONGEST_NAME = 64


@dataclass(frozen=True)
class StorageConfig:
    """`[storage]`: the builtin files store, and second stores; another store is a plugin with its section.

    Bytes free below which it warns, makes no new previews, takes no new uploads; 0 goes by the disk's size.
    """

    path: str = ""
    copies: tuple[Copy, ...] = ()
    warn_bytes: int = 0
    previews_bytes: int = 0
    uploads_bytes: int = 0

    def __post_init__(self) -> None:
        """Raise `ConfigError` for two copies of one name."""
        names = [one.name for one in self.copies]
        if len(set(names)) < len(names):
            raise ConfigError("storage.copies: every copy needs a name of its own.")


@dataclass(frozen=True)
class Masters:
    """`[masters]`: how long a promoted master is locked."""

    retention_days: int = 365


@dataclass(frozen=True)
class Fixity:
    """`[fixity]`: the scrub that reads every master and copy again. Days; bytes a second; hours of the day.

    `bytes_per_second` 0 is no limit. `from_hour` to `to_hour` is this machine's local time; equal is all day.
    """

    enabled: bool = True
    interval_days: float = 30.0
    bytes_per_second: int = 25 << 20
    from_hour: int = 0
    to_hour: int = 24

    def __post_init__(self) -> None:
        """Raise `ConfigError` for an hour that no day has."""
        for name in ("from_hour", "to_hour"):
            hour = getattr(self, name)
            if not 0 <= hour <= 24:  # noqa: PLR2004 - hours of a day
                raise ConfigError(f"fixity.{name}: expected an hour from 0 to 24, found {hour}.")


@dataclass(frozen=True)
class Audit:
    """`[audit]`: how often the audit log is anchored in a locked object, and how long that stays locked."""

    anchor_seconds: int = 60
    anchor_entries: int = 250
    anchor_days: int = 365


@dataclass(frozen=True)
class Uploads:
    """`[uploads]`: limits on what comes in. In bytes; `quota_bytes` of a project, 0 is no limit."""

    max_bytes: int = 1 << 40
    quota_bytes: int = 0
    part_bytes: int = 16 << 20
    expire_days: int = 7
    address_seconds: int = 86_400
    duplicates: str = field(default="allow", metadata={"choices": ("allow", "link", "refuse")})


@dataclass(frozen=True)
class BackupS3:
    """`[backup.s3]`: the store of the bucket that `folder = "s3://bucket/prefix"` names, and its keys."""

    endpoint: str = ""
    access_key: Secret = _NO_SECRET
    secret_key: Secret = _NO_SECRET
    region: str = "us-east-1"
    secure: bool = True
    path_style: bool = True
    ca_file: str = ""


@dataclass(frozen=True)
class Backup:
    """`[backup]`: backups that workers make by themselves, every so many hours (0: never), the newest `keep`.

    `recipients` are age public keys; without one the folder can be read by whoever has it, keys and all.
    `masters` "auto" includes them where they lie on this machine, and only names them in another store.
    """

    folder: str = ""
    every_hours: float = 24.0
    keep: int = 14
    recipients: tuple[str, ...] = ()
    masters: str = field(default="auto", metadata={"choices": ("auto", "include", "name")})
    previews: bool = False
    s3: BackupS3 = BackupS3()

    def __post_init__(self) -> None:
        """Raise `ConfigError` for a number of backups that keeps none."""
        if self.keep < 1:
            raise ConfigError(f"backup.keep: expected 1 or more, found {self.keep}.")


@dataclass(frozen=True)
class Watch:
    """`[[watch]]`: a folder whose new files become assets once they stand still. Times in seconds.

    `mode` "ingest" copies them among the masters; "index" leaves them where they are, which locks nothing.
    `copies` are folders that get a proven copy too. `project` is a name or an id.
    """

    path: Path
    project: str = "Ingest"
    mode: str = field(default="ingest", metadata={"choices": ("ingest", "index")})
    stable_seconds: float = 10.0
    poll_seconds: float = 5.0
    copies: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Auth:
    """`[auth]`: who may come in, and for how long. An empty `secret` is generated and stored 0600."""

    registration: str = field(default="pending", metadata={"choices": ("pending", "open", "closed")})
    secret: Secret = _NO_SECRET
    access_seconds: int = 900
    refresh_days: int = 30
    refresh_grace_seconds: int = 10
    min_password_length: int = 10
    min_password_strength: int = 3
    second_factor: tuple[str, ...] = ()
    proof_seconds: int = 900
    key_days: int = 366
    standing_minutes: int = 15

    def __post_init__(self) -> None:
        """Raise `ConfigError` for a time that would open a door or leave nobody in."""
        for name, least, most in (
            ("refresh_grace_seconds", 0, 30), ("min_password_strength", 0, 4),
            ("proof_seconds", 30, 86_400), ("key_days", 1, 3660),
            ("standing_minutes", 1, 1440),
        ):  # fmt: skip
            value = getattr(self, name)
            if not least <= value <= most:
                raise ConfigError(f"auth.{name}: expected a number from {least} to {most}, found {value}.")


@dataclass(frozen=True)
class DeliveryConfig:
    """`[delivery]`: the edge. Sizes in bytes; `rate` is requests per second and client address.

    `origin` is the address of a box that `mam edge` pulls from in place of a store of its own. `prefetch` is
    how many segments are fetched ahead of a player. `serve_on_seconds` is for how long a store that is away,
    and with it the list of what was revoked, is served on without.
    """

    cache_path: str = ""
    cache_bytes: int = 20 << 30
    rate: int = 200
    burst: int = 1000
    host: str = "127.0.0.1"
    port: int = 8081
    origin: str = ""
    origin_ca_file: str = ""
    prefetch: int = 3
    serve_on_seconds: int = 60

    def __post_init__(self) -> None:
        """Raise `ConfigError` for an origin that is no address, and for numbers out of range."""
        address = urlsplit(self.origin)
        if self.origin and (address.scheme not in {"http", "https"} or not address.hostname):
            wanted = 'expected an address like "https://mam.studio.example"'
            raise ConfigError(f'delivery.origin: {wanted}, found "{self.origin}".')
        for name, least, most in (("prefetch", 0, 16), ("serve_on_seconds", 10, 3600)):
            value = getattr(self, name)
            if not least <= value <= most:
                raise ConfigError(f"delivery.{name}: expected {least} to {most}, found {value}.")


@dataclass(frozen=True)
class Images:
    """`[images]`: pictures resized on demand by `processes` programs of each server process. Bytes."""

    cache_path: str = ""
    cache_bytes: int = 5 << 30
    processes: int = 2


@dataclass(frozen=True)
class Media:
    """`[media]`: probing and rendering. `memory` in bytes, `probe_seconds` and `encode_hours` wall time."""

    ffmpeg: str = "auto"
    sandbox: str = field(default="auto", metadata={"choices": ("auto", "bwrap", "landlock")})
    rungs: tuple[int, ...] = (1080, 720, 480, 360)
    segment_seconds: float = 2.0
    max_pixels: int = 140_000_000
    memory: int = 2 << 30
    probe_seconds: float = 30.0
    encode_hours: float = 24.0
    max_output_bytes: int = 200 << 30


Decibels = NewType("Decibels", float)
"""A level; may be below zero, as levels under full scale are."""


@dataclass(frozen=True)
class Qc:
    """`[qc]`: what is looked for in every master, each check with its switch. Levels in dB, times in seconds.

    Defaults: EBU R128 (-23 LUFS, 0.5 LU either way, -1 dBTP), ffmpeg's own for what is black or frozen.
    """

    black: bool = True
    black_seconds: float = 0.5
    black_pixel: float = 0.10
    black_picture: float = 0.98
    freeze: bool = True
    freeze_seconds: float = 2.0
    freeze_db: Decibels = Decibels(-60.0)
    silence: bool = True
    silence_seconds: float = 0.9
    silence_db: Decibels = Decibels(-60.0)
    clipping: bool = True
    clipping_samples: int = 4
    loudness: bool = True
    loudness_lufs: Decibels = Decibels(-23.0)
    loudness_tolerance: float = 0.5
    true_peak_db: Decibels = Decibels(-1.0)
    dropped: bool = True
    duplicated: bool = True
    duplicated_seconds: float = 0.4
    mixed_rate: bool = True
    interlace: bool = True
    max_markers: int = 100

    def __post_init__(self) -> None:
        """Raise `ConfigError` for a threshold that nothing, or everything, would reach."""
        for name, (least, most) in _QC_BOUNDS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                wanted = f"a number from {least:g} to {most:g}"
                raise ConfigError(f"qc.{name}: expected {wanted}, found {value:g}.")


_QC_BOUNDS = {
    "black_seconds": (0.0, 3600.0), "black_pixel": (0.0, 1.0), "black_picture": (0.5, 1.0),
    "freeze_seconds": (0.1, 3600.0), "freeze_db": (-120.0, -20.0), "silence_seconds": (0.1, 3600.0),
    "silence_db": (-120.0, -20.0), "clipping_samples": (2, 10_000), "loudness_lufs": (-70.0, 0.0),
    "loudness_tolerance": (0.0, 70.0), "true_peak_db": (-70.0, 20.0), "duplicated_seconds": (0.0, 2.0),
    "max_markers": (1, 1000),
}  # fmt: skip


@dataclass(frozen=True)
class Proxies:
    """`[proxies]`: files to edit with, made on request: short side in pixels, x264's scale, frames, bytes."""

    height: int = 1080
    h264_crf: int = 20
    h264_gop: int = 12
    max_bytes: int = 500 << 30

    def __post_init__(self) -> None:
        """Raise `ConfigError` for a size, quality or distance that no encoder takes."""
        for name, least, most in (("height", 64, 8192), ("h264_crf", 0, 51), ("h264_gop", 1, 600)):
            value = getattr(self, name)
            if not least <= value <= most:
                raise ConfigError(f"proxies.{name}: expected a number from {least} to {most}, found {value}.")


@dataclass(frozen=True)
class Webhooks:
    """`[webhooks]`: what is told to other programs, and where the box may send to. Seconds, hours, days.

    `allow` are networks (CIDR) of the own house that may be sent to; everything not public is refused else.
    """

    http: bool = False
    ports: tuple[int, ...] = (443, 8443)
    allow: tuple[str, ...] = ()
    ca_file: str = ""
    connect_seconds: float = 5.0
    timeout_seconds: float = 15.0
    per_webhook: int = 4
    at_once: int = 64
    disable_hours: float = 72.0
    keep_days: int = 30

    def __post_init__(self) -> None:
        """Raise `ConfigError` for a network that is none, and for limits that nothing would pass."""
        for one in self.allow:
            try:
                ipaddress.ip_network(one)
            except ValueError:
                wanted = "a network such as 192.168.1.0/24"
                raise ConfigError(f'webhooks.allow: expected {wanted}, found "{one}".') from None
        for name in ("connect_seconds", "timeout_seconds", "per_webhook", "at_once", "keep_days"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"webhooks.{name}: expected a number above 0, found {getattr(self, name)}.")


@dataclass(frozen=True)
class Workers:
    """`[workers]`: how many worker processes `mam up` starts and how many jobs each runs at once.

    `node` is the id of a machine that joined a box; `mam worker join` writes it.
    """

    processes: int = 1
    threads: int = 2
    node: str = ""


@dataclass(frozen=True)
class Log:
    """`[log]`: structured lines on standard error."""

    level: str = field(default="info", metadata={"choices": ("debug", "info", "warning", "error")})
    format: str = field(default="auto", metadata={"choices": ("auto", "json", "text")})


@dataclass(frozen=True)
class Telemetry:
    """`[telemetry]`: traces by OpenTelemetry (OTLP over HTTP), off unless asked for. `sample` is 0 to 1.

    Needs the extra `mam[telemetry]`; nothing of it is imported while `traces` is off.
    """

    traces: bool = False
    endpoint: str = "http://127.0.0.1:4318/v1/traces"
    sample: float = 1.0

    def __post_init__(self) -> None:
        """Raise `ConfigError` for a share that is none and an address that nothing can be sent to."""
        if not 0 <= self.sample <= 1:
            raise ConfigError(f"telemetry.sample: expected a number from 0 to 1, found {self.sample:g}.")
        if not self.endpoint.startswith(("http://", "https://")):
            raise ConfigError(f'telemetry.endpoint: expected an http address, found "{self.endpoint}".')


@dataclass(frozen=True)
class Config:
    """The whole configuration. `data` is the box's folder; `path` the TOML file it came from, if any."""

    data: Path
    path: Path | None = None
    plugins: tuple[str, ...] = ("transcode_nvenc", "transcode_cpu")
    theme: str = "default"
    language: str = "en"
    server: Server = field(default_factory=Server)
    database: Database = field(default_factory=Database)
    queue: QueueConfig = field(default_factory=QueueConfig)
    storage: StorageConfig = field(default_factory=StorageConfig)
    masters: Masters = field(default_factory=Masters)
    fixity: Fixity = field(default_factory=Fixity)
    backup: Backup = field(default_factory=Backup)
    audit: Audit = field(default_factory=Audit)
    uploads: Uploads = field(default_factory=Uploads)
    watch: tuple[Watch, ...] = ()
    auth: Auth = field(default_factory=Auth)
    delivery: DeliveryConfig = field(default_factory=DeliveryConfig)
    images: Images = field(default_factory=Images)
    media: Media = field(default_factory=Media)
    ladder: Ladder = field(default_factory=Ladder)
    proxies: Proxies = field(default_factory=Proxies)
    qc: Qc = field(default_factory=Qc)
    webhooks: Webhooks = field(default_factory=Webhooks)
    workers: Workers = field(default_factory=Workers)
    log: Log = field(default_factory=Log)
    telemetry: Telemetry = field(default_factory=Telemetry)
    plugin_tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def database_url(self) -> str:
        """The database's address; SQLite in the data folder unless configured."""
        return self.database.url or f"sqlite:///{self.data / 'mam.db'}"

    @property
    def secrets(self) -> Path:
        """The folder (0700) of generated secrets."""
        return self.data / "secrets"

    @property
    def store(self) -> Path:
        """The builtin files store's folder."""
        return Path(self.storage.path) if self.storage.path else self.data / "store"

    @property
    def work(self) -> Path:
        """The workers' scratch folder; anything in it may go when no job runs."""
        return self.data / "work"

    @property
    def edge_cache(self) -> Path:
        """The edge's disk cache."""
        return Path(self.delivery.cache_path) if self.delivery.cache_path else self.data / "edge-cache"

    @property
    def image_cache(self) -> Path:
        """The disk cache of pictures resized on demand."""
        return Path(self.images.cache_path) if self.images.cache_path else self.data / "image-cache"

    @property
    def run_dir(self) -> Path:
        """The folder of sockets and pid files: in the data folder, or a short path where that is too long."""
        inside = self.data.absolute() / "run"
        if len(os.fsencode(inside / "valkey.sock")) <= _SOCKET_PATH_LIMIT:
            return inside
        digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"mam-{os.getuid()}-{digest}"

    @property
    def queue_url(self) -> str:
        """The queue's address; the private Valkey's socket unless configured."""
        return self.queue.url or f"unix://{self.run_dir / 'valkey.sock'}"

    @property
    def owns_queue(self) -> bool:
        """Whether `mam up` has to start the private Valkey."""
        return not self.queue.url

    def plugin(self, name: str, schema: type[T]) -> T:
        """`[plugins.<name>]` as the plugin's own frozen dataclass; `ConfigError` where it does not fit."""
        where = str(self.path or "the configuration")
        return _build(schema, self.plugin_tables.get(name, {}), f"plugins.{name}", where)


def load(path: Path | None, data: Path | None = None) -> Config:
    """Read the TOML file (every setting has a default) and the data folder given on the command line.

    Without `path`, `config.toml` in the data folder is read where it exists. Raises `ConfigError` with one
    sentence that names file, key, what was expected and the nearest right key.
    """
    if path is None and data is not None and (data / "config.toml").is_file():
        path = data / "config.toml"
    table = _read(path) if path else {}
    where = str(path or "the configuration")
    written = table.pop("data", None)
    if written is not None and not isinstance(written, str):
        raise ConfigError(f"{where}: data: expected a folder as a string, found {_name(written)}.")
    folder = data or (Path(written) if written else Path("mam-data"))
    plugin_tables, names = _plugin_tables(table, where)
    fixed = {"data": folder.absolute(), "path": path, "plugin_tables": plugin_tables}
    if names is not None:
        table["plugins"] = names
    hidden = ("data", "path", "plugin_tables")
    config = _build(Config, table, "", where, fixed=fixed, hidden=hidden)
    for problem in problems(config.ladder, config.media.rungs, config.media.segment_seconds):
        raise ConfigError(f"{where}: {problem}")
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; `mam init` writes one.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: this is not TOML: {error}.") from None


def _plugin_tables(table: dict[str, Any], where: str) -> tuple[dict[str, Any], list[str] | None]:
    """Split `plugins`: a list of names (`plugins = [...]`, or `enabled` in `[plugins]`) and the tables.

    TOML has one value for one key, so a file with `[plugins.x]` tables writes the list as
    `[plugins] enabled = [...]`; both spellings mean the same.
    """
    value = table.pop("plugins", None)
    if value is None or isinstance(value, list):
        return {}, value
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: plugins: expected a list of names, found {_name(value)}.")
    names = value.pop("enabled", None)
    for name, section in value.items():
        if not isinstance(section, dict):
            near = _suggest(name, ("enabled",))
            raise ConfigError(f"{where}: plugins.{name}: a plugin's settings are a table{near}")
    return value, names


def _build(
    schema: type[T],
    table: Mapping[str, Any],
    prefix: str,
    where: str,
    *,
    fixed: Mapping[str, Any] | None = None,
    hidden: tuple[str, ...] = (),
) -> T:
    """Make one dataclass from one table, checking every key and type."""
    known = {f.name: f for f in dataclasses.fields(schema) if f.name not in hidden}  # type: ignore[arg-type]
    hints = typing.get_type_hints(schema)
    values: dict[str, Any] = dict(fixed or {})
    for key, value in table.items():
        dotted = f"{prefix}.{key}" if prefix else key
        if key not in known:
            raise ConfigError(f"{where}: {dotted}: unknown key{_suggest(key, tuple(known))}")
        values[key] = _convert(hints[key], value, dotted, where)
        _check_choice(known[key], values[key], dotted, where)
    for name, item in known.items():
        missing = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        if missing and name not in values:
            dotted = f"{prefix}.{name}" if prefix else name
            raise ConfigError(f"{where}: {dotted}: this key is required and missing.")
    return schema(**values)


def _check_choice(item: dataclasses.Field[Any], value: object, dotted: str, where: str) -> None:
    choices = item.metadata.get("choices")
    if choices and value not in choices:
        listed = ", ".join(f'"{choice}"' for choice in choices)
        raise ConfigError(
            f'{where}: {dotted}: expected one of {listed}, found "{value}"{_suggest(str(value), choices)}'
        )


def _convert(hint: Any, value: Any, dotted: str, where: str) -> Any:
    """Turn a TOML value into the type of a field, or say what was expected."""
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise ConfigError(f"{where}: {dotted}: expected a table [{dotted}], found {_name(value)}.")
        return _build(typing.cast("type[Any]", hint), value, dotted, where)
    if isinstance(hint, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not types.NoneType)
    if hint is Secret:
        return _secret(value, dotted, where)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if typing.get_origin(hint) is Mapping:
        if not isinstance(value, dict):
            raise ConfigError(f"{where}: {dotted}: expected a table, found {_name(value)}.")
        return value
    if typing.get_origin(hint) is tuple:
        return _convert_list(typing.get_args(hint)[0], value, dotted, where)
    return _convert_scalar(hint, value, dotted, where)


def _convert_list(hint: Any, value: Any, dotted: str, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ConfigError(f"{where}: {dotted}: expected a list of {_word(hint)}, found {_name(value)}.")
    return tuple(_convert(hint, one, f"{dotted}[{i}]", where) for i, one in enumerate(value))


def _convert_scalar(hint: Any, value: Any, dotted: str, where: str) -> Any:
    signed = hint is Decibels
    hint = float if signed else hint
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not hint:
        raise ConfigError(f"{where}: {dotted}: expected {_word(hint)}, found {_name(value)}.")
    if hint in (int, float) and value < 0 and not signed:
        raise ConfigError(f"{where}: {dotted}: expected a number of 0 or more, found {value}.")
    return value


def _secret(value: Any, dotted: str, where: str) -> Secret:
    if isinstance(value, str):
        return Secret(value)
    if isinstance(value, dict) and set(value) == {"env"} and isinstance(value["env"], str):
        found = os.environ.get(value["env"])
        if not found:
            raise ConfigError(f"{where}: {dotted}: the environment variable {value['env']} is not set.")
        return Secret(found)
    if isinstance(value, dict) and set(value) == {"file"} and isinstance(value["file"], str):
        return Secret(read_secret_file(Path(value["file"]), f"{where}: {dotted}"))
    raise ConfigError(
        f'{where}: {dotted}: expected a string, {{ file = "path" }} or {{ env = "NAME" }}, '
        f"found {_name(value)}."
    )


def read_secret_file(path: Path, context: str) -> str:
    """The stripped text of a secret's file; `ConfigError` where others may read it, or it is empty."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{context}: the secret's file {path} cannot be read: {error}.") from None
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigError(f"{context}: others may read the secret's file {path}; run `chmod 600 {path}`.")
    if not text:
        raise ConfigError(f"{context}: the secret's file {path} is empty.")
    return text


def _suggest(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; known here: {', '.join(sorted(known))}."


_WORDS = {str: "a string", int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}


def _word(hint: Any) -> str:
    return _WORDS.get(hint, getattr(hint, "__name__", str(hint)))


def _name(value: object) -> str:
    names = {dict: "a table", list: "a list", str: "a string", bool: "true or false", int: "a whole number"}
    return names.get(type(value), f"a {type(value).__name__}")
