"""What picture the page really shows: its block number, read from the video element by canvas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from patience import wait
from playwright.sync_api import Page, expect

READER = """
() => {
  const [columns, rows, cell] = [8, 4, 10];
  const size = { width: columns * cell, height: rows * cell };
  const canvas = Object.assign(document.createElement('canvas'), size);
  const brush = canvas.getContext('2d', { willReadFrequently: true });
  window.readNumber = () => {
    const video = document.querySelector('video');
    brush.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data } = brush.getImageData(0, 0, canvas.width, canvas.height);
    const grey = (x, y) => data[4 * ((y * cell + cell / 2) * canvas.width + x * cell + cell / 2) + 1];
    let number = 0;
    for (let bit = 0; bit < 16; bit += 1) {
      const [high, low] = [0, 2].map((row) => grey(bit % columns, row + Math.floor(bit / columns)));
      if (Math.abs(high - low) < 60) return -1; // two frames in one, or none
      if (high > low) number |= 1 << bit;
    }
    return number;
  };
  window.probeFrames = async (wanted) => {
    const { player } = document.querySelector('.player');
    const found = [];
    for (const frame of wanted) {
      const told = await player.seekFrame(frame);
      found.push([frame, told, readNumber(), document.querySelector('[data-now]').textContent]);
    }
    return found;
  };
}
"""
"""Gives the page `readNumber()` (-1 for no number) and `probeFrames([n, ...])`."""


def open_reader(page: Page) -> Page:
    """Wait for the first picture and give the page the reader."""
    wait(page, "document.querySelector('video')?.readyState >= 2 && document.querySelector('.player').player")
    page.evaluate(READER)
    return page


def rungs(page: Page) -> list[str]:
    """The names of the rungs in the menu, without Auto."""
    menu = page.locator("[data-menu=rung]")
    expect(menu).to_be_visible()
    return [text for text in menu.locator(".menu-list button").all_text_contents() if text != "Auto"]


def choose(page: Page, rung: str) -> None:
    """Pick a rung by its menu, and wait until its picture is on screen."""
    menu = page.locator("[data-menu=rung]")
    menu.locator("summary").click()
    menu.get_by_role("button", name=rung, exact=True).click()
    lines = re.sub(r"\D", "", rung)
    video = "document.querySelector('video')"
    wait(page, f"{video}.videoHeight === {lines} && !{video}.seeking")


def probe(page: Page, frames: Iterable[int]) -> list[list[Any]]:
    """`[asked, told, read, label]` for every frame asked for by the player's interface."""
    return list(page.evaluate("(wanted) => probeFrames(wanted)", list(frames)))


def read(page: Page) -> int:
    """The number on screen now, once the player says that what was sought last is drawn."""
    return int(page.evaluate("document.querySelector('.player').player.settled().then(readNumber)"))
