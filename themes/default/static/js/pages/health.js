/** Health: asked for again while the page is looked at; updates are sent and started here. */

import { fragment, quietly } from "../lib/api.js";
import { serve } from "./update.js";

const EVERY = 10_000; // milliseconds

export function start(main) {
  const frame = main.querySelector("[data-health]");
  const redraw = async () => {
    if (document.hidden || frame.querySelector("[aria-busy=true]")) return;
    const fresh = await fragment(frame.dataset.health);
    frame.replaceChildren(...fresh.querySelector("[data-health]").childNodes);
  };
  serve(frame, redraw);
  const timer = setInterval(() => quietly(redraw()), EVERY);
  return () => clearInterval(timer);
}
