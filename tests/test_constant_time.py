"""Comparing secrets takes the same time whatever they hold: read out of the code itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted([*ROOT.glob("mam/**/*.py"), *ROOT.glob("plugins/*/mam_*/**/*.py")])
SECRETS = re.compile(
    r"token|secret|digest|hmac|(^|_)mac($|_)|signature|(^|_)sig($|_)|csrf|password|sha256|sha1|md5|xxh|hash",
    re.IGNORECASE,
)
# Words in which one of the above is part of a name for something else.
NO_SECRETS = re.compile(r"part_size|content_hash_name|hashable|token_type|lease_seconds", re.IGNORECASE)


def words(node: ast.expr) -> Iterator[str]:
    """The names a compared value is made of: `self.token`, `row["sha256"]`, `digest(x)`, `h.hexdigest()`."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Call):
        yield from words(node.func)
    elif isinstance(node, ast.Subscript):
        yield from words(node.slice if isinstance(node.slice, ast.Constant) else node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, (ast.Await, ast.Starred)):
        yield from words(node.value)


def is_secret(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return False
    return any(SECRETS.search(word) and not NO_SECRETS.search(word) for word in words(node))


def is_column(node: ast.expr) -> bool:
    """`Table.column == value` builds a query; the database looks it up in an index."""
    return (
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id[:1].isupper()
    )


def is_harmless(node: ast.expr) -> bool:
    """A length, None, a number or a fixed word gives nothing away."""
    is_length = (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("len", "type")
    )
    return isinstance(node, ast.Constant) or is_length


def suspicious(tree: ast.AST) -> Iterator[int]:
    """Lines with `==`, `!=` or `in` over something named like a secret."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            continue
        sides = [node.left, *node.comparators]
        if any(is_column(side) or is_harmless(side) for side in sides):
            continue
        if any(is_secret(side) for side in sides):
            yield node.lineno


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_secrets_are_compared_in_constant_time(file: Path) -> None:
    """Promise E10: every token, HMAC and hash comparison uses compare_digest; none uses `==`."""
    lines = list(suspicious(ast.parse(file.read_text(encoding="utf-8"))))
    assert lines == [], f"{file.relative_to(ROOT)}:{lines}: use hmac.compare_digest"


@pytest.mark.parametrize(
    "code",
    [
        "token == given",
        "given != self.token",
        "if a.hexdigest() == b: pass",
        "row['sha256'] == found",
        "sign(x).signature == y",
        "version.sha256 != computed",
        "csrf_token(request) == cookie",
        "x == hashed_secret and y",
    ],
)
def test_the_reader_finds_what_it_looks_for(code: str) -> None:
    """The positive control: each of these is found."""
    assert list(suspicious(ast.parse(code))) == [1]


@pytest.mark.parametrize(
    "code",
    [
        "compare_digest(token, given)",
        "len(token) == 43",
        "Session.token_hash == hashed",
        "token is None",
        "token == ''",
        "name == other",
        "token_type == wanted",
    ],
)
def test_the_reader_passes_what_is_harmless(code: str) -> None:
    assert list(suspicious(ast.parse(code))) == []
