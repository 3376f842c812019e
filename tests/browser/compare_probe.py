"""What the comparison really shows: the numbers of both pictures, and a difference's strongest point."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from frame_probe import wait
from playwright.sync_api import Page

READER = """
() => {
  const compare = document.querySelector('.compare').compare;
  const canvas = document.querySelector('.compare-stage canvas');
  const [columns, rows] = [8, 4];
  window.numberOf = (side) => {
    const place = compare.place(side);
    if (!place) return null;
    const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const grey = (x, y) => {
      const px = Math.round(place.x + ((x + 0.5) * place.width) / columns);
      const py = Math.round(place.y + ((y + 0.5) * place.height) / rows);
      return data[4 * (py * width + px) + 1];
    };
    let number = 0;
    for (let bit = 0; bit < 16; bit += 1) {
      const [high, low] = [0, 2].map((row) => grey(bit % columns, row + Math.floor(bit / columns)));
      if (Math.abs(high - low) < 50) return -1; // two frames in one, or none
      if (high > low) number |= 1 << bit;
    }
    return number;
  };
  const both = async () => {
    const until = performance.now() + 90000;
    while (![0, 1].every((side) => compare.place(side))) {
      if (performance.now() > until) throw new Error(`no picture of both at frame ${compare.at}`);
      await new Promise(requestAnimationFrame);
    }
  };
  window.strongest = async () => {
    await both();
    const { x, y, width, height } = compare.place(0);
    const inside = [Math.ceil(x), Math.ceil(y), Math.floor(width) - 1, Math.floor(height) - 1];
    const { data } = canvas.getContext('2d').getImageData(...inside);
    let most = 0;
    for (let at = 0; at < data.length; at += 1) if (at % 4 !== 3 && data[at] > most) most = data[at];
    return most;
  };
  window.greenAt = (...parts) => {
    const { x, y, width, height } = compare.place(0);
    const brush = canvas.getContext('2d');
    return parts.map((part) => brush.getImageData(x + part * width, y + part * height, 1, 1).data[1]);
  };
  window.probePairs = async (wanted) => {
    const found = [];
    for (const n of wanted) {
      const pair = await compare.show(n);
      found.push([n, ...pair, numberOf(0), numberOf(1)]);
    }
    return found;
  };
}
"""


def open_compare(page: Page) -> Page:
    """Wait for both first pictures and give the page the readers."""
    both = "[0, 1].every((side) => document.querySelector('.compare')?.compare?.place(side))"
    wait(page, both, seconds=180)
    page.evaluate(READER)
    return page


def mode(page: Page, name: str) -> None:
    """Choose how both are compared."""
    page.evaluate("(name) => document.querySelector('.compare').compare.mode(name)", name)


def pairs(page: Page, frames: Iterable[int]) -> list[list[Any]]:
    """`[asked, frame of A, frame of B, number read in A, number read in B]` for every frame asked for."""
    return list(page.evaluate("(wanted) => probePairs(wanted)", list(frames)))


def strongest(page: Page) -> int:
    """The highest value of any channel in the picture, once both are there: 0 is black."""
    return int(page.evaluate("strongest()"))


def state(page: Page) -> dict[str, Any]:
    """Where the transport stands."""
    script = "(({ at, pair, moving, last }) => ({ at, pair, moving, last }))"
    return dict(page.evaluate(f"{script}(document.querySelector('.compare').compare)"))
