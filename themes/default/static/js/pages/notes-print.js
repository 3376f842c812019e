/** Notes for paper: their stills one after the other, two at a time, then the printer. */

import { pictures } from "../lib/stills.js";
import { t } from "../lib/words.js";

export function start(main) {
  const state = main.querySelector("[data-paper-state]");
  const bar = main.querySelector("[data-paper-progress]");
  const button = main.querySelector("[data-paper-print]");
  const images = [...main.querySelectorAll("img[data-still]")];
  const stop = new AbortController();
  button.addEventListener("click", () => print());
  fill(images, bar, state, stop.signal);
  return () => stop.abort();
}

async function fill(images, bar, state, signal) {
  bar.max = images.length || 1;
  bar.hidden = images.length === 0;
  const found = await pictures(images.map((image) => image.dataset.still), {
    signal,
    each: async (blob, index, done) => {
      bar.value = done;
      state.textContent = t("Pictures: {done} of {count}", { done, count: images.length });
      if (blob) await show(images[index], blob);
    },
  });
  if (signal.aborted) return;
  bar.hidden = true;
  state.textContent = found === images.length ? t("Ready to print.") : t("Ready to print; {missing} of {count} pictures are not to be had.", { missing: images.length - found, count: images.length });
  document.documentElement.dataset.printed = String(found); // a test, or a tool that prints, may wait for it
}

async function show(image, blob) {
  image.src = URL.createObjectURL(blob);
  await image.decode().catch(() => {});
  image.hidden = false;
}
