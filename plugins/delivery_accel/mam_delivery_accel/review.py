"""What the self-check says: folders that are not there, folders that nginx's user may not read."""

from __future__ import annotations

import grp
import itertools
import os
import pwd
from pathlib import Path

from mam.config import Config
from mam.types import Finding
from mam_delivery_accel.settings import Settings, fits

_LOOKED_AT = 20  # entries of a folder; the first that is barred is enough
_DEPTH = 4  # version, generation, rung, segment


def findings(config: Config, settings: Settings) -> list[Finding]:
    """One finding for each folder, and what else keeps nginx from sending."""
    found = [_finding(name, folder, settings) for name, folder in settings.places(config).items()]
    if not (config.store / "previews").is_dir():
        found.append(_nothing())
    if not config.server.trusted_proxies:
        message = "[server] trusted_proxies is empty: behind nginx all clients count as one address."
        found.append(Finding("proxy", "warning", message, 'Name nginx there, such as ["127.0.0.1"].'))
    return found


def _nothing() -> Finding:
    message = (
        "The box's store has no previews and masters on this machine: nginx has nothing of them to send."
    )
    fix = "Leave delivery_accel out where the store is an S3 one: it sends masters itself."
    return Finding("store", "warning", message, fix)


def _finding(name: str, folder: Path, settings: Settings) -> Finding:
    if not fits(folder):
        message = f"{folder} has a sign in its name that cannot stand in nginx's configuration."
        return Finding(name, "warning", message, "Move the folder to a plainer name.")
    if not folder.is_dir():
        return Finding(name, "ok", f"{folder} is not there: nothing is sent from it.")
    if not settings.nginx_user:
        return Finding(name, "ok", f"{folder} is sent by nginx.")
    barred = first_barred(folder, settings.nginx_user)
    if barred is None:
        return Finding(name, "ok", f"{folder} is sent by nginx, which runs as {settings.nginx_user}.")
    message = f"{settings.nginx_user} may not read {barred}: the box sends what lies there itself."
    return Finding(name, "warning", message, "Let nginx's workers run as the box's user (`user mam;`).")


def first_barred(folder: Path, user: str) -> Path | None:
    """The first folder or file on the way to or below `folder` that `user` may not read, or None.

    Looks at modes alone, at 20 entries of a folder at most, four levels down. A user that is not there may
    nothing.
    """
    try:
        person = pwd.getpwnam(user)
    except KeyError:
        return folder
    groups = {
        *os.getgrouplist(user, person.pw_gid),
        *(one.gr_gid for one in grp.getgrall() if user in one.gr_mem),
    }
    way = [*reversed(folder.absolute().parents), folder.absolute()]
    for one in way:
        if not _may(one, person.pw_uid, groups, 0o1):
            return one
    return _below(folder, person.pw_uid, groups, _DEPTH)


def _below(folder: Path, uid: int, groups: set[int], depth: int) -> Path | None:
    """The first barred entry below a folder."""
    if not depth:
        return None
    try:
        with os.scandir(folder) as entries:
            some = [
                (Path(one.path), one.is_dir(follow_symlinks=False))
                for one in itertools.islice(entries, _LOOKED_AT)
            ]
    except OSError:
        return folder
    for path, is_folder in some:
        if path.name.endswith(".lock.json"):  # the lock beside a master: no business of nginx
            continue
        if not _may(path, uid, groups, 0o1 if is_folder else 0o4):
            return path
        found = _below(path, uid, groups, depth - 1) if is_folder else None
        if found is not None:
            return found
    return None


def _may(path: Path, uid: int, groups: set[int], bit: int) -> bool:
    """Whether the mode gives that right; one that went meanwhile bars nobody."""
    try:
        status = path.lstat()
    except OSError:
        return True
    if uid == 0:
        return True
    shift = 6 if status.st_uid == uid else 3 if status.st_gid in groups else 0
    return bool(status.st_mode >> shift & bit)
