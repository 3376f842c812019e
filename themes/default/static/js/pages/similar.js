/** The panel of look-alikes: its rows are fetched once the page is there, for they take a look at the whole box. */

import { ApiError, fragment } from "../lib/api.js";
import { showPictures } from "../lib/blurhash.js";
import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";

const AGAIN = 6000; // ms until a version that was not looked at yet is asked for again
const TIMES = 50;

/** Fill the panel of a page; answers the end of it. Safe to call again after the panel was drawn anew. */
export function fillSimilar(page) {
  const panel = page.querySelector("[data-similar]");
  const stopping = new AbortController();
  if (panel) fill(panel, stopping.signal, TIMES);
  return () => stopping.abort();
}

async function fill(panel, signal, times) {
  const rows = panel.querySelector("[data-rows]");
  try {
    rows.replaceChildren(...(await fragment(panel.dataset.similar, { signal })).childNodes);
    showPictures(rows);
    if (rows.querySelector("[data-waiting]") && times > 0) setTimeout(() => signal.aborted || fill(panel, signal, times - 1), AGAIN);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof ApiError)) throw error;
    const again = make("button", { type: "button", onclick: () => fill(panel, signal, times) }, t("Try again"));
    rows.replaceChildren(make("p", { class: "small muted" }, error.message), again);
  }
}
