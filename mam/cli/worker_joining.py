"""The joining machine's side: trust the pinned certificate, hand in the token, write what comes (0600), look.

Sends the token to nobody but the holder of that certificate. Writes one configuration file and the folder of
secrets in the data folder; starts nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import tomlkit

from mam import __version__, models
from mam.cli.box import Box
from mam.config import Config, load
from mam.core import open_mam, prepare_data
from mam.errors import ConfigError, MamError
from mam.services import worker_facts, worker_nodes
from mam.types import LocalPathStorage

_SECONDS = 20.0
_LONGEST = 8 << 20


def join(box: Box, address: str, token: str, *, again: bool) -> Iterator[str]:
    """Take this machine in; yields lines for people. `ConfigError` in one sentence where it cannot be."""
    folder = Path(box.data or "mam-data").absolute()
    target = Path(box.config_file) if box.config_file else folder / "config.toml"
    if not again and (target.exists() or any((folder / "secrets").glob("*"))):
        raise ConfigError(
            f"{target if target.exists() else folder}: a box or worker is here; --again replaces it."
        )
    address = _checked(address)
    secret, _, pinned = token.partition(".")
    told = _ask(address, secret, _context(address, pinned))
    _write(folder, target, told)
    yield f"This machine is a worker of {address} now. Its configuration is {target} (mode 0600)."
    config = load(target, folder)
    yield _look(config)
    where = f"--config {target}" if box.config_file else f"--data {folder}"
    yield f"Next: `mam worker {where}` starts it; it appears on the page Workers of the box."


def _checked(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{address}: expected the box's address, such as https://mam.local.")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ConfigError(
            f"{address}: what a worker is told are secrets, and http:// shows them to everybody on the way: "
            "use the box's https:// address."
        )
    return address.rstrip("/")


def _context(address: str, pinned: str) -> ssl.SSLContext:
    """Whom to trust: only the certificate of the token's fingerprint; without one what this system trusts.

    The certificate is fetched from a server that nobody vouches for; its fingerprint does, before anything
    is sent.
    """
    if not pinned or address.startswith("http://"):
        return ssl.create_default_context()
    blind = ssl.create_default_context()
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    pem = _call("GET", f"{address}/api/workers/certificate", blind)["certificate"]
    try:
        found = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
        context = ssl.create_default_context(cadata=pem)
    except (ValueError, ssl.SSLError):
        found, context = "", blind
    if not hmac.compare_digest(found, pinned.lower()):
        raise ConfigError(
            f"{address} shows another certificate than the one that the token names: nothing was sent to it. "
            "Is it the right box, and the whole token?"
        )
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _ask(address: str, secret: str, context: ssl.SSLContext) -> dict[str, Any]:
    given = {"token": secret, "version": __version__, "host": worker_facts.host()}
    return _call("POST", f"{address}/api/workers/join", context, given)


def _call(
    method: str, url: str, context: ssl.SSLContext, given: dict[str, str] | None = None
) -> dict[str, Any]:
    """The JSON of an answer; `ConfigError` with the box's own sentence, or why it does not answer."""
    try:
        with httpx.Client(verify=context, timeout=_SECONDS, trust_env=False) as client:
            answer = client.request(method, url, json=given)
            body = answer.json() if len(answer.content) <= _LONGEST else None
    except (httpx.HTTPError, ValueError) as error:
        raise ConfigError(f"{url} does not answer as a box does: {error}.") from None
    if not isinstance(body, dict):
        raise ConfigError(f"{url} does not answer as a box does.")
    if not answer.is_success:
        raise ConfigError(str(body.get("detail") or f"{url} answered {answer.status_code}."))
    return body


def _write(folder: Path, target: Path, told: dict[str, Any]) -> None:
    table = {"data": str(folder), **told["settings"]}
    prepare_data(Config(data=folder))
    for name, text in told["secrets"].items():
        _put(folder / "secrets" / Path(name).name, text)
    head = (
        "# Written by `mam worker join`: holds passwords of the box. `mam worker join --again` renews it.\n"
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    _put(target, head + tomlkit.dumps(table))


def _put(path: Path, text: str) -> None:
    """The file in place, whole, readable by its owner alone (mkstemp makes it so)."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def _look(config: Config) -> str:
    """Whether everything that the box named is reached from here; `ConfigError` says what is not."""
    if config.storage.path and not (config.store / "masters").is_dir():
        raise ConfigError(
            f"The box keeps its masters in {config.store}: mount that folder here, at the same place, then "
            "start the worker."
        )
    try:
        mam = open_mam(config, check=False)
        with models.connected():
            worker_nodes.admit(mam)
        mam.storage.stat("staging", "00000000-0000-0000-0000-000000000000")
    except (MamError, *models.Unavailable) as error:
        raise ConfigError(
            f"The configuration is written, but not all of it is reached from here: {error}"
        ) from None
    if not mam.queue.ping():
        raise ConfigError(
            "The configuration is written, but the queue that [queue] url names does not answer."
        )
    shared = "the shared folder" if isinstance(mam.storage, LocalPathStorage) else "the store"
    return f"Reached from here: the database, the queue, {shared}."
