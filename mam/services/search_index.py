"""What is searched of an asset, kept beside it in the same transaction.

Writes `asset_search` and `asset_tag`; triggers carry that into the database's own index (FTS5, tsvector).
Notes that only some may read are never in it (promise G6): a search must not tell of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mam.models import Asset, AssetSearch, AssetTag, Comment, PluginWords, Version, database
from mam.search_words import fold, line, name_line
from mam.services import mentions

MAX_WORDS = 100_000
"""Characters of a file's own words that are looked through, and of the notes on it."""

_MOST_NOTES = 2000
_MOST_NAMES = 100
_BATCH = 200


def refresh(asset_id: str) -> None:
    """Bring what is searched up to date with title, tags, metadata, file names and notes."""
    asset = Asset.get_by_id(asset_id)
    follow(asset)


def follow(asset: Asset) -> None:
    """The same for a row that is at hand, and just written."""
    found = {"title": name_line([asset.title]), "labels": _labels(asset), "said": line(_notes(asset.id))}
    AssetSearch.insert(asset=asset.id, place=place(asset.project_id), **found).on_conflict(
        conflict_target=[AssetSearch.asset],
        update={getattr(AssetSearch, name): value for name, value in found.items()},
    ).execute()
    _follow_tags(asset)


def keep_words(asset_id: str, text: str) -> None:
    """Have what the current file says found, in place of an earlier one."""
    text = text[:MAX_WORDS]
    row = AssetSearch.get_or_none(AssetSearch.asset == asset_id)
    if row is None:
        refresh(asset_id)
    elif row.text == text:
        return
    AssetSearch.update(words=_words(asset_id, text), text=text).where(AssetSearch.asset == asset_id).execute()


def keep_words_of_plugin(version_id: str, source: str, text: str) -> None:
    """Have what a plugin heard or read in a version found, in place of what it said before."""
    mine = (PluginWords.version == version_id) & (PluginWords.source == source)
    PluginWords.delete().where(mine).execute()
    if text.strip():
        PluginWords.create(version=version_id, source=source, text=text[:MAX_WORDS])
    asset_id = Version.select(Version.asset).where(Version.id == version_id).scalar()
    _fold_words(asset_id)


def words_of_plugins(asset_ids: Iterable[str]) -> dict[str, list[str]]:
    """What plugins say that the shown versions of these assets say, by asset."""
    found: dict[str, list[str]] = {}
    query: Any = PluginWords.select(PluginWords.text, Version.asset).join(Version)
    shown = Version.asset.in_(list(asset_ids)) & Version.removed_at.is_null()
    for text, asset_id in query.where(shown).order_by(Version.number.desc(), PluginWords.source).tuples():
        found.setdefault(asset_id, []).append(text)
    return found


def place(project_id: str) -> str:
    """A project as a word of the index, which nobody can look for: words have no underscore."""
    return "_" + project_id.replace("-", "")


def rebuild() -> int:
    """Index every asset anew, some hundred a transaction; answers how many. Others may work meanwhile."""
    done, after = 0, ""
    while True:
        with database.atomic():
            rows = list(Asset.select().where(Asset.id > after).order_by(Asset.id).limit(_BATCH))
            for asset in rows:
                follow(asset)
                _fold_words(asset.id)
        done += len(rows)
        if len(rows) < _BATCH:
            return done
        after = rows[-1].id


def _fold_words(asset_id: str) -> None:
    row = AssetSearch.get(AssetSearch.asset == asset_id)
    AssetSearch.update(words=_words(asset_id, row.text)).where(AssetSearch.id == row.id).execute()


def _words(asset_id: str, text: str) -> str:
    """The file's own words, and behind them those of plugins."""
    return line([text, *words_of_plugins([asset_id]).get(asset_id, ())])


def _labels(asset: Asset) -> str:
    shown = (Version.asset == asset.id) & Version.removed_at.is_null()
    names = Version.select(Version.filename).where(shown)
    names = names.order_by(Version.number.desc()).limit(_MOST_NAMES)
    return name_line(row.filename for row in names) + line([*asset.tags, *texts(asset.metadata)])


def _notes(asset_id: str) -> list[str]:
    open_to_all = (Comment.asset == asset_id) & Comment.deleted_at.is_null() & ~Comment.internal
    notes = Comment.select(Comment.body).where(open_to_all).order_by(Comment.id.desc()).limit(_MOST_NOTES)
    bodies = [row.body for row in notes]
    names = mentions.names_of(bodies)
    return [" ".join(mentions.plain(body, names) for body in bodies)[:MAX_WORDS]]


def texts(value: Any) -> Iterable[str]:
    """The keys and plain values in a JSON value."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif value is not None:
        yield str(value)


def _follow_tags(asset: Asset) -> None:
    """One row a tag; nothing is written where nothing changed."""
    wanted = {tag[:100] for tag in asset.tags}
    mine = AssetTag.asset == asset.id
    known = {row.name for row in AssetTag.select(AssetTag.name).where(mine)}
    if known - wanted:
        AssetTag.delete().where(mine & AssetTag.name.in_(known - wanted)).execute()
    if wanted - known:
        common = {"asset": asset.id, "project": asset.project_id}
        AssetTag.insert_many(
            [{**common, "name": name, "folded": fold(name)[:200]} for name in sorted(wanted - known)]
        ).on_conflict_ignore().execute()
