"""Links whose guests must agree before a version is approved: which they are, and what their guests said.

A link counts for the assets that it names, as long as it is not taken back: one that ran out unanswered still
waits, as a step does in which nobody is left. Reads only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mam.models import Asset, Decision, Share, ShareAsset, Version
from mam.services import review_rules
from mam.services.shapes import Shape

_COUNTS = Share.allow_decide & Share.decision_required & Share.revoked_at.is_null()


@dataclass(frozen=True)
class Client:
    """A link that is asked about a version; `word` is approved, changes_requested or None."""

    share_id: str
    title: str
    word: str | None

    @property
    def shape(self) -> Shape:
        """As the API tells it."""
        return {"share_id": self.share_id, "title": self.title, "decision": self.word}


def asked(version_ids: Sequence[str]) -> dict[str, list[Client]]:
    """The links that must agree, by version, the first made first; in two queries."""
    found: dict[str, list[Client]] = defaultdict(list)
    links = list(_links(version_ids)) if version_ids else []
    said = _said([version_id for version_id, *_ in links]) if links else {}
    for version_id, share_id, title in links:
        word = review_rules.word(said.get((version_id, share_id), ()))
        found[version_id].append(Client(share_id, title, word))
    return found


def asks_about(asset_id: str) -> bool:
    """Whether a link must agree about this asset, whichever of its versions is shown."""
    query: Any = ShareAsset.select(ShareAsset.share).join(Share)
    return bool(query.where((ShareAsset.asset == asset_id) & _COUNTS).exists())


def owed(version_ids: Sequence[str]) -> dict[str, list[Shape]]:
    """The links whose word is waited for, by version, as if they were people: `{id, display_name}`."""
    found = {}
    for version_id, links in asked(version_ids).items():
        waiting = [one for one in links if one.word is None]
        found[version_id] = [{"id": one.share_id, "display_name": one.title or "Client"} for one in waiting]
    return found


def _links(version_ids: Sequence[str]) -> Any:
    query: Any = Version.select(Version.id, Share.id, Share.title).join(Asset)
    query = query.join(ShareAsset, on=ShareAsset.asset == Asset.id).join(Share)
    shown = Share.all_versions | (Asset.current_version_id == Version.id)
    return query.where(Version.id.in_(list(version_ids)), _COUNTS, shown).order_by(Share.id).tuples()


def _said(version_ids: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    stands = Decision.version.in_(list(version_ids)) & Decision.superseded_at.is_null()
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    query: Any = Decision.select(Decision.version, Decision.share, Decision.decision)
    for version_id, share_id, decision in query.where(stands & Decision.share.is_null(False)).tuples():
        found[version_id, share_id].append(decision)
    return found
