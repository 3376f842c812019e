"""The settings of `[plugins.storage_s3]`, and what can be said of them without asking a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mam.config import Config, Secret
from mam.errors import ConfigError
from mam.types import Area

NAME = "storage_s3"


@dataclass(frozen=True)
class Settings:
    """Where the store is, whose keys open it, and what the box keeps there.

    `endpoint` is `host` or `host:port`; `public_endpoint` a whole address (`https://…`) under which browsers
    reach the same store. `retention` is the mode of the masters' lock; how long it lasts is `[masters]
    retention_days`. `staging_days` 0 and `cold_days` 0 set no lifecycle. `create_buckets` lets the box make
    missing buckets and write CORS and lifecycle of its own.
    """

    endpoint: str
    access_key: Secret
    secret_key: Secret
    region: str = "us-east-1"
    secure: bool = True
    path_style: bool = True
    ca_file: str = ""
    staging_bucket: str = "mam-staging"
    masters_bucket: str = "mam-masters"
    previews_bucket: str = "mam-previews"
    create_buckets: bool = True
    retention: str = field(default="COMPLIANCE", metadata={"choices": ("COMPLIANCE", "GOVERNANCE")})
    sse: str = field(default="none", metadata={"choices": ("none", "s3", "kms")})
    sse_kms_key: str = ""
    public_endpoint: str = ""
    cors_origins: tuple[str, ...] = ()
    staging_days: int = 7
    cold_days: int = 0
    cold_class: str = "GLACIER_IR"

    @property
    def url(self) -> str:
        """The store's address as this machine reaches it."""
        return f"{'https' if self.secure else 'http'}://{self.endpoint}"

    @property
    def public_url(self) -> str:
        """The store's address as browsers reach it."""
        return self.public_endpoint.rstrip("/") or self.url

    def bucket(self, area: Area) -> str:
        """The bucket of an area."""
        names = {
            "staging": self.staging_bucket,
            "masters": self.masters_bucket,
            "previews": self.previews_bucket,
        }
        return names[area]


def read(config: Config) -> Settings:
    """The section of a configuration; `ConfigError` names the key that cannot be."""
    settings = config.plugin(NAME, Settings)
    if "/" in settings.endpoint or not settings.endpoint:
        raise _wrong("endpoint", f'expected "host" or "host:port", found "{settings.endpoint}"')
    public = urlsplit(settings.public_endpoint)
    if settings.public_endpoint and (public.scheme not in ("http", "https") or not public.netloc):
        raise _wrong("public_endpoint", 'expected an address like "https://s3.example.com"')
    if len({settings.staging_bucket, settings.masters_bucket, settings.previews_bucket}) < 3:  # noqa: PLR2004 - areas
        raise _wrong("masters_bucket", "staging, masters and previews need three different buckets")
    if settings.sse == "kms" and not settings.sse_kms_key:
        raise _wrong("sse_kms_key", 'sse = "kms" needs the id of a key')
    return settings


def origins(config: Config, settings: Settings) -> tuple[str, ...]:
    """The pages that may send parts to the store: as configured, else the portal's own address."""
    if settings.cors_origins:
        return settings.cors_origins
    if config.server.public_url:
        parts = urlsplit(config.server.public_url)
        return (f"{parts.scheme}://{parts.netloc}",)
    return tuple(f"http://{host}:{config.server.port}" for host in ("localhost", "127.0.0.1"))


def _wrong(key: str, why: str) -> ConfigError:
    return ConfigError(f"plugins.{NAME}.{key}: {why}.")
