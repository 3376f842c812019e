"""Notes in the audit log when the box starts with another configuration than before: which sections changed.

Keeps a keyed hash of each section (never a value) as a setting of this machine; writes that and one entry.
"""

from __future__ import annotations

import dataclasses
import hashlib
import socket
from typing import Any

from peewee import IntegrityError

from mam.core import Mam
from mam.models import Setting, database
from mam.services import audit, seal
from mam.services.audit_chain import framed
from mam.services.leases import connected
from mam.types import SYSTEM

_LABEL = b"mam configuration 1"


def note(mam: Mam, role: str) -> bool:
    """Compare with the last start of this role ("web", "worker") on this machine; True where it changed.

    The hash is keyed with the box's signing key, so that
    a short password cannot be guessed from it.
    """
    sections = _sections(mam)
    name = f"config:{role}:{socket.gethostname()}"[:128]
    try:
        with connected(), database.atomic():
            return _kept(mam, name, sections)
    except IntegrityError:  # another process of this start was first
        return False


def _kept(mam: Mam, name: str, sections: dict[str, str]) -> bool:
    row = Setting.get_or_none(Setting.key == name)
    before = row.value if row is not None else {}
    changed = sorted(one for one in {*sections, *before} if sections.get(one) != before.get(one))
    if not changed:
        return False
    if row is None:
        Setting.create(key=name, value=sections)
    else:
        Setting.update(value=sections).where(Setting.key == name).execute()
    data = {
        "role": name.split(":")[1],
        "machine": name.split(":", 2)[2],
        "file": str(mam.config.path or ""),
        "hash": _whole(sections),
        "before": _whole(before) if before else None,
        "changed": changed if before else [],
    }
    audit.record(mam, SYSTEM, "config.changed" if before else "config.first", kind="box", data=data)
    return True


def _sections(mam: Mam) -> dict[str, str]:
    """Each section's keyed hash, by name."""
    key = seal.open_seal(mam.config.secrets)
    found = {}
    for field in dataclasses.fields(mam.config):
        value = _plain(getattr(mam.config, field.name))
        signature = key.sign(framed([_LABEL, field.name.encode(), value.encode()]))
        found[field.name] = hashlib.sha256(signature.encode()).hexdigest()
    return found


def _plain(value: Any) -> str:
    """A text that is the same for the same settings; secrets with their values, which are only hashed."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        inside = ((field.name, _plain(getattr(value, field.name))) for field in dataclasses.fields(value))
        return str(sorted(inside))
    if isinstance(value, dict):
        return str(sorted((str(key), _plain(one)) for key, one in value.items()))
    if isinstance(value, (list, tuple)):
        return str([_plain(one) for one in value])
    return str(value)


def _whole(sections: dict[str, str]) -> str:
    return hashlib.sha256("".join(f"{key}={sections[key]};" for key in sorted(sections)).encode()).hexdigest()
