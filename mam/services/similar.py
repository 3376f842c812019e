"""Look-alikes of a version: the same master elsewhere, and what looks the same; only what the caller may see.

Candidates share a quarter of a perceptual hash, found by its key; each is then compared exactly. A film that
begins in another one is found with the moment at which it does. Reads only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import fn

from mam.core import Mam
from mam.media import fingerprint
from mam.media.fingerprint import ASKED, Film, Match
from mam.models import Asset, Fingerprint, FingerprintBand, Version
from mam.services import access, duplicates
from mam.services.fingerprints import FILM, load
from mam.services.shapes import Shape, look_alike_shape
from mam.types import Actor

MOST = 50
"""Look-alikes that are told of at most."""

_CANDIDATES = 2000  # films that share the most, before those are left out that the caller may not see
_COMPARED = 60  # films that are compared whole: 1 ms each
_FEW = 8  # keys; whoever is found by so few needs to share only one
_AT_ONCE = 500


def similar(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """`{items: [{asset_id, version_id, title, score, reason, offset_seconds, ...}]}`, the best first.

    `reason` is "same_master" (score 1) or "similar"; of an asset the version that is most alike is named.
    `offset_seconds` is how much later than this film the other begins; None for pictures. Other versions of
    the same asset are named only where their bytes are the same. Raises `NotFoundError`.
    """
    version, asset = access.require_version(mam, actor, "asset.read", version_id)
    found = duplicates.find(mam, actor, version.sha256, version.size, asset.project_id)
    same = [one for one in found if one.id != version.id]
    items = [look_alike_shape(one, 1.0, "same_master", None) for one in same]
    told = {one.asset_id for one in same} | {version.asset_id}
    row = Fingerprint.get_or_none(Fingerprint.version == version_id)
    if row is not None and row.recipe == fingerprint.RECIPE:
        items += _look_alikes(Eyes(mam, actor, asset.project_id), row, told)
    return {"items": items[:MOST]}


def looked_at(mam: Mam, actor: Actor, version_id: str) -> bool:
    """Whether the version has a fingerprint: before that nothing similar can be known. `NotFoundError`."""
    access.require_version(mam, actor, "asset.read", version_id)
    return bool(Fingerprint.select().where(Fingerprint.version == version_id).exists())


def between(mam: Mam, actor: Actor, first_id: str, second_id: str) -> Match | None:
    """How alike two versions are and where the second begins in the first; None where they are not.

    Raises `NotFoundError` where `actor` may not see both.
    """
    first, second = (
        access.require_version(mam, actor, "asset.read", one)[0] for one in (first_id, second_id)
    )
    if (first.sha256, first.size) == (second.sha256, second.size):
        return Match(1.0, 0.0)
    rows = {
        row.version_id: row for row in Fingerprint.select().where(Fingerprint.version.in_([first, second]))
    }
    one, other = rows.get(first_id), rows.get(second_id)
    if one is None or other is None or (one.kind, one.recipe) != (other.kind, other.recipe):
        return None
    if one.kind == FILM:
        return fingerprint.compare(load(one), load(other))
    score = fingerprint.alike(load(one).hashes, load(other).hashes)
    return Match(score, 0.0) if score is not None else None


@dataclass(frozen=True)
class Eyes:
    """Who looks, from which project: what lies in other organisations is seen by nobody."""

    mam: Mam
    actor: Actor
    project_id: str


def _look_alikes(eyes: Eyes, row: Fingerprint, told: Collection[str]) -> list[Shape]:
    """What looks like this and is of no asset in `told`: the best of each asset, the best first."""
    found = _films(eyes, row) if row.kind == FILM else _pictures(eyes, row)
    best: dict[str, Shape] = {}
    for version, score, offset in sorted(found, key=lambda one: -one[1]):
        if version.asset_id not in told:
            best.setdefault(version.asset_id, look_alike_shape(version, score, "similar", offset))
    return list(best.values())


def _pictures(eyes: Eyes, row: Fingerprint) -> list[tuple[Version, float, float | None]]:
    """Pictures whose hashes are near."""
    own = fingerprint.unpack(row.hashes)
    if not own[0]:
        return []
    keys = fingerprint.near_picture_keys(int(own[0]))
    near = FingerprintBand.select(FingerprintBand.fingerprint).where(FingerprintBand.key.in_(keys))
    rows: Any = Fingerprint.select(Fingerprint.version, Fingerprint.hashes).where(Fingerprint.id.in_(near))
    scores = {}
    for version_id, hashes in rows.where(Fingerprint.recipe == row.recipe).tuples():
        score = fingerprint.alike(own, fingerprint.unpack(hashes))
        if score is not None and version_id != row.version_id:
            scores[version_id] = score
    return [(one, scores[one.id], None) for one in _visible(eyes, list(scores))]


def _films(eyes: Eyes, row: Fingerprint) -> list[tuple[Version, float, float | None]]:
    """Films that share moments, compared whole."""
    own = load(row)
    shared = _sharing(own)
    rows: Any = Fingerprint.select(Fingerprint.id, Fingerprint.version).where(Fingerprint.id.in_(shared))
    by_version = {version_id: number for number, version_id in rows.tuples() if version_id != row.version_id}
    by_version = dict(sorted(by_version.items(), key=lambda one: shared.index(one[1])))
    seen = _visible(eyes, list(by_version))[:_COMPARED]
    films = {
        film.version_id: load(film)
        for film in Fingerprint.select().where(
            Fingerprint.id.in_([by_version[one.id] for one in seen]), Fingerprint.recipe == row.recipe
        )
    }
    found: list[tuple[Version, float, float | None]] = []
    for version in seen:
        match = fingerprint.compare(own, films[version.id]) if version.id in films else None
        if match is not None:
            found.append((version, match.score, match.offset))
    return found


def _sharing(own: Film) -> list[int]:
    """Ids of the fingerprints that share keys with this film, those that share the most first."""
    keys = fingerprint.film_keys(own.hashes, ASKED)
    if not keys:
        return []
    hits = fn.COUNT(FingerprintBand.key)
    query: Any = FingerprintBand.select(FingerprintBand.fingerprint).where(FingerprintBand.key.in_(keys))
    query = query.group_by(FingerprintBand.fingerprint).having(hits >= (1 if len(keys) <= _FEW else 2))
    return [number for (number,) in query.order_by(hits.desc()).limit(_CANDIDATES).tuples()]


def _visible(eyes: Eyes, version_ids: Sequence[str]) -> list[Version]:
    """Of these versions those that may be seen, with their assets, in the order given."""
    found: dict[str, Version] = {}
    for start in range(0, len(version_ids), _AT_ONCE):
        some = version_ids[start : start + _AT_ONCE]
        query = Version.select(Version, Asset).join(Asset)
        query = duplicates.visible(eyes.mam, eyes.actor, query, eyes.project_id)
        found |= {one.id: one for one in query.where(Version.id.in_(some))}
    return [found[one] for one in version_ids if one in found]
