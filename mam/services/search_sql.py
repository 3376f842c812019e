"""How each database is asked for words: SQLite by FTS5, PostgreSQL by tsvector. Reads only.

A rare word is looked up in the index; a common one is met soon by walking a list in its own order, where the
index would answer half the library to be sorted. Ranks are the columns': title, then names, tags and
metadata, then notes and the file's words; within a rank the newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from peewee import SqliteDatabase

from mam.models import database
from mam.search_words import Term

RANKS = 3
"""0: all words in the title; 1: with names, tags and metadata; 2: with notes and the file's words."""

COMMON = 2000
"""From so many matches on a word is common."""

LAST = 2**31 - 1
"""Above every id of the index."""

_NEAR = 4000  # newest rows that are looked at before the index is asked

Clause = tuple[str, list[Any]]


@dataclass(frozen=True)
class Wanted:
    """What is looked for, where: `places` are projects as words of the index (empty: no matter where).

    `common` is what the engine says of the terms.
    """

    terms: tuple[Term, ...]
    places: tuple[str, ...] = ()
    common: bool = False


class Engine(Protocol):
    """One database's way of searching."""

    def common(self, terms: Sequence[Term]) -> bool:
        """Whether at least `COMMON` assets have all terms."""
        ...

    def condition(self, terms: Sequence[Term]) -> Clause:
        """What is asked of a row of `asset` so that all terms occur in it."""
        ...

    def hits(self, wanted: Wanted, rank: int, where: Clause, before: int, limit: int) -> list[Any]:
        """`(search id, asset id)` of one rank, the newest first, below the search id `before`."""
        ...

    def ranked(self, wanted: Wanted, rank: int, where: Clause, before: int, limit: int) -> list[Any]:
        """`(rank, search id, asset id)` from `rank` on, there as `hits`; the best first."""
        ...


def engine() -> Engine:
    """The bound database's."""
    return _Fts5() if isinstance(database.obj, SqliteDatabase) else _Tsvector()  # type: ignore[attr-defined]


def _rank_by_rank(ask: Callable[[int, int, int], list[Any]], rank: int, before: int, limit: int) -> list[Any]:
    """`ask(rank, before, limit)` for one rank after the other until there are enough: common words' first."""
    found: list[Any] = []
    for at in range(rank, RANKS):
        if len(found) < limit:
            rows = ask(at, before if at == rank else LAST, limit - len(found))
            found += [(at, *row) for row in rows]
    return found


class _Fts5:
    _COLUMNS = ("title", "title labels", "title labels said words")

    def common(self, terms: Sequence[Term]) -> bool:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM asset_fts WHERE asset_fts MATCH ? LIMIT {COMMON})"  # noqa: S608
        return _one(sql, [self._asked(terms, RANKS - 1)]) >= COMMON

    def condition(self, terms: Sequence[Term]) -> Clause:
        asked = self._asked(terms, RANKS - 1)
        if not self.common(terms):
            found = "SELECT rowid FROM asset_fts WHERE asset_fts MATCH ?"
            return f"asset.id IN (SELECT asset_id FROM asset_search WHERE id IN ({found}))", [asked]  # noqa: S608
        body = "title || labels || said || words"
        stands = " AND ".join([f"instr({body}, ?) > 0"] * len(terms))
        sql = f"EXISTS (SELECT 1 FROM asset_search WHERE asset_id = asset.id AND {stands})"  # noqa: S608
        return sql, [f" {' '.join(term.words)}{'' if term.open else ' '}" for term in terms]

    def hits(self, wanted: Wanted, rank: int, where: Clause, before: int, limit: int) -> list[Any]:
        asked = f"({self._asked(wanted.terms, rank)})"
        if wanted.places:
            asked += " AND ({place} : (" + " OR ".join(f'"{one}"' for one in wanted.places) + "))"
        if rank:
            asked = f"({asked}) NOT ({self._asked(wanted.terms, rank - 1)})"
        sql = (
            "SELECT asset_search.id, asset_search.asset_id FROM asset_fts "  # noqa: S608 - texts of ours
            "CROSS JOIN asset_search ON asset_search.id = asset_fts.rowid "
            "CROSS JOIN asset ON asset.id = asset_search.asset_id "
            f"WHERE asset_fts MATCH ? AND asset_fts.rowid < ? AND {where[0]} "
            "ORDER BY asset_fts.rowid DESC LIMIT ?"
        )
        return _all(sql, [asked, before, *where[1], limit])

    def ranked(self, wanted: Wanted, rank: int, where: Clause, before: int, limit: int) -> list[Any]:
        return _rank_by_rank(
            lambda at, below, most: self.hits(wanted, at, where, below, most), rank, before, limit
        )

    def _asked(self, terms: Sequence[Term], rank: int) -> str:
        """FTS5's own language; every word is letters and digits, and quoted."""
        phrases = (" + ".join(f'"{word}"' for word in term.words) + " *" * term.open for term in terms)
        return f"{{{self._COLUMNS[rank]}}} : ({' AND '.join(phrases)})"


class _Tsvector:
    _COLUMNS = ("title", "labels", "everything")

    _FOUND = "WITH found AS MATERIALIZED (SELECT id FROM asset_vector WHERE everything @@ ?::tsquery)"

    def common(self, terms: Sequence[Term]) -> bool:
        sql = f"{self._FOUND} SELECT count(*) FROM (SELECT 1 FROM found LIMIT {COMMON}) AS few"  # noqa: S608
        return _one(sql, [_tsquery(terms)]) >= COMMON

    def condition(self, terms: Sequence[Term]) -> Clause:
        asked = _tsquery(terms)
        if not self.common(terms):
            sql = f"{self._FOUND} SELECT asset_id FROM asset_search JOIN found USING (id)"  # noqa: S608
            return f"asset.id = ANY (ARRAY({sql}))", [asked]
        stands = "SELECT everything @@ ?::tsquery FROM asset_search JOIN asset_vector USING (id)"
        return f"({stands} WHERE asset_id = asset.id)", [asked]

    def hits(self, wanted: Wanted, rank: int, where: Clause, before: int, limit: int) -> list[Any]:
        asked = _tsquery(wanted.terms)
        stands, values = f"{self._COLUMNS[rank]} @@ ?::tsquery", [_within(asked, wanted.places)]
        if rank:
            stands += f" AND NOT {self._COLUMNS[rank - 1]} @@ ?::tsquery"
            values.append(asked)
        if wanted.common:
            near = f"SELECT * FROM asset_vector WHERE id < ? ORDER BY id DESC LIMIT {_NEAR}"  # noqa: S608
            found = f"SELECT id FROM ({near}) AS near WHERE {stands}"  # noqa: S608
            rows = _all(self._joined(found, where[0]), [before, *values, *where[1], limit])
            if len(rows) == limit:
                return rows
        found = f"SELECT id FROM asset_vector WHERE {stands} AND id < ?"  # noqa: S608
        return _all(self._joined(found, where[0]), [*values, before, *where[1], limit])

    def ranked(self, wanted: Wanted, rank: int, where: Clause, before: int, limit: int) -> list[Any]:
        """Rare words are looked up once, and what has them is ranked: one query, not one a rank."""
        if wanted.common:
            return _rank_by_rank(
                lambda at, below, most: self.hits(wanted, at, where, below, most), rank, before, limit
            )
        asked = _tsquery(wanted.terms)
        ranks = " ".join(f"WHEN {name} @@ ?::tsquery THEN {at}" for at, name in enumerate(self._COLUMNS[:-1]))
        found = f"SELECT id, CASE {ranks} ELSE {RANKS - 1} END AS place FROM asset_vector "  # noqa: S608 - ours
        sql = (
            f"WITH found AS MATERIALIZED ({found} WHERE everything @@ ?::tsquery) "  # noqa: S608 - ours
            "SELECT found.place, asset_search.id, asset_search.asset_id FROM found "
            "JOIN asset_search ON asset_search.id = found.id JOIN asset ON asset.id = asset_search.asset_id "
            f"WHERE {where[0]} AND (found.place > ? OR (found.place = ? AND found.id < ?)) "
            "ORDER BY found.place, found.id DESC LIMIT ?"
        )
        within = _within(asked, wanted.places)
        return _all(sql, [*[asked] * (RANKS - 1), within, *where[1], rank, rank, before, limit])

    def _joined(self, found: str, where: str) -> str:
        return (
            f"WITH found AS MATERIALIZED ({found}) "  # noqa: S608 - texts of ours
            "SELECT asset_search.id, asset_search.asset_id FROM found "
            "JOIN asset_search ON asset_search.id = found.id JOIN asset ON asset.id = asset_search.asset_id "
            f"WHERE {where} ORDER BY found.id DESC LIMIT ?"
        )


def _within(asked: str, places: Sequence[str]) -> str:
    """The same, in one of the places where any are given."""
    return f"{asked} & (" + " | ".join(f"'{one}'" for one in places) + ")" if places else asked


def _tsquery(terms: Sequence[Term]) -> str:
    """PostgreSQL's own language; every word is letters and digits, and quoted."""
    phrases = (" <-> ".join(f"'{word}'" for word in term.words) + ":*" * term.open for term in terms)
    return " & ".join(f"({phrase})" for phrase in phrases)


def _all(sql: str, values: Sequence[Any]) -> list[Any]:
    sql = sql.replace("%", "%%").replace("?", database.param) if database.param != "?" else sql
    return list(database.execute_sql(sql, tuple(values)).fetchall())


def _one(sql: str, values: Sequence[Any]) -> int:
    return int(_all(sql, values)[0][0])
