/** Health: asked for again while the page is looked at. */

import { fragment, quietly } from "../lib/api.js";

const EVERY = 10_000; // milliseconds

export function start(main) {
  const frame = main.querySelector("[data-health]");
  const redraw = async () => {
    if (document.hidden) return;
    const fresh = await fragment(frame.dataset.health);
    frame.replaceChildren(...fresh.querySelector("[data-health]").childNodes);
  };
  const timer = setInterval(() => quietly(redraw()), EVERY);
  return () => clearInterval(timer);
}
