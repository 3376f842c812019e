"""What a template says: its messages, and the words in it that went through no `_`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.extract import extract_from_file
from jinja2 import Environment, nodes

Message = str | tuple[str, ...]
"""A message id; one with plural forms is a pair, one with a context a pair that begins with it."""

SAID = ("aria-label", "aria-description", "title", "placeholder", "alt", "label", "data-label")
"""Attributes whose values people see or hear."""

PLAIN = {
    "CSV", "JSON", "CC", "TC", "H.264", "ProRes Proxy", "UTC",
    "SHA-256", "xxh128", "C4", "ms", "https://",
    "DaVinci Resolve (EDL)", "Premiere Pro (XML)", "Final Cut Pro (FCPXML)", "OpenTimelineIO",
}  # fmt: skip
"""What is the same in every language: formats, hashes, programs, what stands on every player's buttons."""

_HOLE = "\x00"
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_SENTENCE = re.compile(r"^[A-Z][a-z]+|[a-z]{2,} [a-z]{2,}")
_SAYING = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
_NAMING = {"icon", "static", "modules"}


def messages_of_template(environment: Environment, source: str) -> set[tuple[str, Message]]:
    """Each message with the function that says it; what a variable holds is marked by `N_` elsewhere."""
    found = {(function, message) for _, function, message in environment.extract_translations(source)}
    return {(function, message) for function, message in found if message}


def messages_of_python(file: Path) -> set[tuple[str, Message]]:
    """The messages of a module; `N_` marks some that are said elsewhere."""
    keywords = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
    found = extract_from_file("python", str(file), keywords=keywords)
    return {
        ("pgettext" if context else "ngettext" if isinstance(message, tuple) else "_", (context, message))
        if context
        else ("ngettext" if isinstance(message, tuple) else "_", message)
        for _, message, _, context in found
    }


def unsaid(environment: Environment, source: str) -> list[str]:
    """The words of a template that no catalogue can translate."""
    tree = environment.parse(source)
    html = "".join(_data(tree))
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [*reader.found, *_constants(tree)]


def unsaid_in_python(file: Path) -> list[str]:
    """Titles and labels that a view gives to its page in English only."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg in ("title", "label", "heading"):
            found += [text for text in _texts(node.value) if _LETTERS.search(text) and text not in PLAIN]
    return found


def spoken_texts(file: Path) -> set[str]:
    """Every literal text of a module; `{}` stands for each value in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts = (one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)
            found.add("".join(map(str, parts)))
    return found


def _texts(node: ast.expr) -> Iterator[str]:
    """The literal texts of a keyword's value, but those that a function is called with."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr | ast.BoolOp | ast.IfExp):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _texts(child)


def _data(node: nodes.Node) -> Iterator[str]:
    """The text of a template in its order; a hole where a value stands."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.TemplateData):
            yield child.data
        elif isinstance(child, nodes.Expr):
            if isinstance(node, nodes.Output):
                yield f" {_HOLE} "
        else:
            yield from _data(child)


def _constants(node: nodes.Node) -> Iterator[str]:
    """Texts that stand in expressions and read like words, said by nothing."""
    if isinstance(node, nodes.Const):
        if isinstance(node.value, str) and _SENTENCE.search(node.value) and node.value not in PLAIN:
            yield node.value
        return
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
        if node.node.name in _NAMING:
            return
        if node.node.name in _SAYING:
            for value in node.kwargs:
                yield from _constants(value)
            return
    if isinstance(
        node, nodes.TemplateData | nodes.Compare | nodes.Extends | nodes.Include | nodes.FromImport
    ):
        return
    if isinstance(node, nodes.Pair):
        yield from _constants(node.value)
        return
    for child in node.iter_child_nodes():
        yield from _constants(child)


class _Reader(HTMLParser):
    """Collects text nodes and said attributes that hold letters."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in SAID:
                self._note(value or "", f"{tag} {name}: ")

    def handle_data(self, data: str) -> None:
        self._note(data, "")

    def _note(self, text: str, where: str) -> None:
        for part in text.split(_HOLE):
            words = " ".join(part.split())
            if words not in PLAIN and _LETTERS.search(words):
                self.found.append(f"{where}{words}")
