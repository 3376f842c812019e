"""Waiting in the browser tests: for what is asserted, never for a time: a busy machine is slow, not wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Error, Locator, Page, expect

LONG = 90.0
"""Seconds that anything on a page may take."""

ENCODED = 300_000
"""Milliseconds that `expect` gives what has to be encoded first."""

NOTED = """([selector, name]) => {
  const look = () => {
    const one = document.querySelector(selector); // another one, where its part of the page was drawn anew
    return one ? (name ? one.getAttribute(name) : one.textContent.trim()) : "";
  };
  window.said = [look()];
  new MutationObserver(() => { const now = look(); if (now && now !== said.at(-1)) said.push(now); })
    .observe(document.body, { attributes: true, childList: true, characterData: true, subtree: true });
}"""


def wait(page: Page, expression: str, seconds: float = LONG) -> None:
    """Wait for a JavaScript expression to be true; the pages allow no eval, so it is asked from outside."""
    settles(page, f"Boolean({expression})", lambda found: found is True, expression, seconds)


def settles(
    page: Page, script: str, good: Callable[[Any], bool] | Any, name: str = "", seconds: float = LONG
) -> Any:
    """What a script answers once that is right: equal to `good`, or such that `good(it)`."""
    return becomes(
        lambda: page.evaluate(script), good, name or script, seconds, lambda: page.wait_for_timeout(40)
    )


def becomes(
    look: Callable[[], Any],
    good: Callable[[Any], bool] | Any,
    name: str = "",
    seconds: float = LONG,
    rest: Callable[[], object] = lambda: time.sleep(0.1),
) -> Any:
    """What `look()` answers once that is right; a page that is just left for another one is asked again."""
    right = good if callable(good) else lambda found: found == good
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = look()
            if right(found):
                return found
        except Error as error:
            found = error
        assert time.monotonic() < deadline, f"never right: {name or good}: {found}"
        rest()


def note_changes(page: Page, selector: str, attribute: str = "") -> None:
    """Write down from now on what an element's text (or attribute) becomes: see `went_through`."""
    page.evaluate(NOTED, [selector, attribute])


def went_through(page: Page, last: str) -> list[str]:
    """All that was written down, once something else was there in between and `last` came after it."""
    return list(settles(page, "window.said", lambda said: len(said) > 2 and said[-1] == last, seconds=300))


def chord(page: Page, keys: str, there: Locator) -> None:
    """Press two keys of which the second counts only soon after the first, until they have led there."""
    for _ in range(5):
        page.keyboard.type(keys)
        try:
            expect(there).to_be_visible(timeout=15_000)
            break
        except AssertionError:
            continue  # the machine stood still between both
    expect(there).to_be_visible()
