"""Checks a custody certificate with nothing but the file: its signature, its audit entries, its anchor.

JSON, or the PDF that carries it. Where given, also that a file is the certified master, and that an exported
audit log holds the same entries. Knows no database and no box; reads only.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mam.errors import ConfigError
from mam.media.checksums import hash_stream
from mam.services import audit_anchor, audit_check, custody, custody_pdf, seal
from mam.services.audit_chain import FIELDS, digest, same_hash

_LARGEST = 64 << 20  # bytes of a certificate
_IN_PDF = re.compile(re.escape(custody_pdf.MARK).encode() + rb"([A-Za-z0-9_\-=\s\\]+)")


@dataclass
class Certified:
    """What a check of a certificate found; `wrong` are sentences, `held` what was shown to hold."""

    filename: str = ""
    sha256: str = ""
    key_id: str = ""
    trusted: bool = False
    held: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing was wrong."""
        return not self.wrong

    def say(self) -> str:
        """One line for people."""
        if self.wrong:
            return f"The certificate does NOT hold: {' '.join(self.wrong)}"
        who = "the trusted key" if self.trusted else "key"
        return (
            f"The certificate holds: signed by {who} {self.key_id}; {self.filename!a} is "
            f"SHA-256 {self.sha256}; {'; '.join(self.held)}."
        )


def check(
    data: bytes, public_key: str = "", *, master: Path | None = None, log: Iterable[str] | None = None
) -> Certified:
    """Check a certificate (JSON or PDF). `public_key` (base64) is the one to trust.

    Without it the key is the one that the certificate names: compare its id with the box's own. Raises
    `ConfigError` for what is no certificate, or a master that cannot be read.
    """
    said, signature = _parts(data)
    found = Certified(str(said["version"]["filename"]), str(said["hashes"]["sha256"]))
    _signature(found, said, signature, public_key)
    _entries(found, said)
    _anchor(found, said, str(signature.get("public_key")))
    if master is not None:
        _master(found, master, int(said["version"]["size"]))
    if log is not None:
        _log(found, said, log, public_key or str(signature.get("public_key")))
    return found


def _parts(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    text = _embedded(data) if data[:5] == b"%PDF-" else data
    try:
        document = json.loads(text[:_LARGEST])
        said, signature = document["certificate"], document["signature"]
        whole = said["format"] == custody.FORMAT and isinstance(said["custody"], list)
        whole = whole and int(said["version"]["size"]) >= 0 and bool(said["version"]["filename"])
        whole = whole and isinstance(said["audit"]["head"], dict) and bool(said["hashes"]["sha256"])
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise ConfigError("This file is no custody certificate of MAM.")
    return said, signature


def _embedded(pdf: bytes) -> bytes:
    found = _IN_PDF.search(pdf)
    try:
        packed = re.sub(rb"[\s\\]", b"", found.group(1)) if found else b""
        return base64.urlsafe_b64decode(packed)
    except binascii.Error:
        return b""


def _signature(found: Certified, said: Any, signature: dict[str, Any], trusted: str) -> None:
    named = str(signature.get("public_key"))
    if not seal.holds(named, str(signature.get("value")), custody.signed_bytes(said)):
        found.wrong.append("its text is not what was signed.")
        return
    found.key_id = seal.key_id_of(named)
    found.trusted = bool(trusted) and same_hash(trusted.encode(), named.encode())
    if trusted and not found.trusted:
        found.wrong.append(f"it was signed by key {found.key_id}, which is not the one to be trusted.")


def _entries(found: Certified, said: Any) -> None:
    for entry in said["custody"]:
        whole = isinstance(entry, dict) and {*FIELDS, "prev", "hash"} <= entry.keys()
        if not whole or not same_hash(digest(entry["prev"], entry), entry["hash"]):
            found.wrong.append("one of its audit entries does not have its hash.")
            return
    count, scope = len(said["custody"]), said["audit"]
    found.held.append(
        f"{count} audit entries ({scope['first_seq']} to {scope['last_seq']}) have their hashes"
    )


def _anchor(found: Certified, said: Any, named: str) -> None:
    anchor = audit_anchor.parsed(said["audit"].get("anchor"))
    head = said["audit"]["head"]
    if anchor is None:
        found.held.append("no anchor of the audit log was written for it")
    elif anchor.public_key != named or not anchor.holds():
        found.wrong.append("its anchor was not signed by the key of the certificate.")
    elif anchor.seq == head["seq"] and not same_hash(anchor.hash, head["hash"]):
        found.wrong.append("its anchor tells of another audit log.")
    else:
        found.held.append(f"the audit log was anchored at entry {anchor.seq} on {anchor.at}")


def _master(found: Certified, path: Path, size: int) -> None:
    try:
        with path.open("rb") as stream:
            digests = hash_stream(stream)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    if digests.size != size or not same_hash(digests.sha256, found.sha256):
        found.wrong.append(f"{path.name!a} is not the certified master: its SHA-256 is {digests.sha256}.")
    else:
        found.held.append(f"{path.name!a} is that master, byte for byte")


def _log(found: Certified, said: Any, lines: Iterable[str], key: str) -> None:
    """The exported log must hold, reach as far as the certificate, and have each of its entries."""
    kept = [text for text in lines if text.strip()]
    try:
        result = audit_check.check_export(kept, key)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"The exported log cannot be read: {error}.") from None
    if result.faults:
        found.wrong.append(result.say())
        return
    rows = (json.loads(text) for text in kept)
    by_seq = {row["seq"]: row["hash"] for row in rows if "seq" in row}
    if any(not same_hash(by_seq.get(one["seq"], ""), one["hash"]) for one in said["custody"]):
        found.wrong.append("the exported log does not have all of its audit entries.")
    else:
        found.held.append("the exported log holds and has all of them")
