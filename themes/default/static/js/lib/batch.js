/** Many things at once as jobs of the box: how far they are, a stop, what could not be done, and the way back. */

import { ApiError, call } from "./api.js";
import { attempt, make, toast } from "./ui.js";
import { t } from "./words.js";

const ALIVE = ["queued", "running"];
const AT_ONCE = 1000; // what one batch takes
const BATCHES = 20; // that may be under way
const LOOK = 400; // milliseconds between two looks at one that works
const KEPT = "batches"; // those of this tab that are not over, for when its page is loaded anew
const NAMED = 20; // things that could not be done are named so far

/** From so many things on it is a batch: fewer are done within one call. */
export const MANY = 20;

/**
 * Do `operation` to every asset, with `options` for all; answers once it is over: what `follow` answers.
 * Begins all batches before it waits for the first, so that closing the page stops none.
 */
export async function runBatch(assetIds, operation, options) {
  if (assetIds.length > AT_ONCE * BATCHES) throw new Error(t("At most {most} at once: select fewer.", { most: AT_ONCE * BATCHES }));
  const ids = [];
  try {
    for (let at = 0; at < assetIds.length; at += AT_ONCE) {
      const items = assetIds.slice(at, at + AT_ONCE).map((one) => ({ asset_id: one }));
      ids.push((await call("POST", "/api/batches", { operation, items, options })).id);
    }
  } catch (error) {
    if (!ids.length) throw error;
    toast(error.message, { bad: true }); // what has begun is followed all the same
  }
  return follow(ids);
}

/** Take batches back, the last first; answers what `follow` answers. */
export async function undoBatches(ids) {
  const made = [];
  for (const id of [...ids].reverse()) {
    try {
      made.push((await call("POST", `/api/batches/${id}/undo`)).id);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "nothing_to_undo") throw error;
    }
  }
  return follow(made);
}

/** Show how far batches are until they are over: `{ids, done, failed, stopped}`. */
export async function follow(ids) {
  if (!ids.length) return { ids, done: 0, failed: 0, stopped: false };
  const box = working(() => attempt(() => stop(ids)));
  keep(ids, true);
  try {
    const states = await until(ids, box);
    return {
      ids,
      done: sum(states, "done"),
      failed: sum(states, "failed"),
      stopped: states.some((one) => one.state === "cancelled"),
    };
  } finally {
    box.close();
    keep(ids, false);
  }
}

/** Go on showing those that were under way when the page was left; `over(outcome)` hears of each end. */
export function resume(over) {
  for (const ids of kept()) attempt(async () => over(await follow(ids)));
}

/** Say what could not be done, and which it was where somebody asks. */
export function tellFailed({ ids, failed }) {
  if (!failed) return;
  const text = t("{count} asset could not be changed.|{count} assets could not be changed.", {}, failed);
  toast(text, { bad: true, action: t("Show which"), onAction: () => attempt(() => showFailed(ids, failed)) });
}

async function until(ids, box) {
  for (;;) {
    const states = await Promise.all(ids.map((id) => call("GET", `/api/batches/${id}`)));
    box.tell(sum(states, "done") + sum(states, "failed"), sum(states, "total"));
    if (!states.some((one) => ALIVE.includes(one.state))) return states;
    await new Promise((resolve) => { setTimeout(resolve, LOOK); });
  }
}

async function stop(ids) {
  for (const id of [...ids].reverse()) {
    try {
      await call("POST", `/api/batches/${id}/cancel`);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "already_done") throw error;
    }
  }
}

/** The box at the foot of the window: a bar, the count, and the way to stop. */
function working(onStop) {
  const words = make("p", {}, t("Waiting for a worker"));
  const bar = make("progress", { "aria-label": t("How far it is") });
  const button = make("button", { type: "button", onclick: () => { button.disabled = true; onStop(); } }, t("Stop"));
  const box = make("div", { class: "toast batch", role: "group", "aria-label": t("Many assets are being changed") }, make("div", {}, words, bar), button);
  document.querySelector(".toasts").append(box);
  return {
    tell(done, total) {
      bar.max = total;
      bar.value = done;
      words.textContent = t("{done} of {total} done", { done, total });
    },
    close: () => box.remove(),
  };
}

async function showFailed(ids, failed) {
  const items = [];
  for (const id of ids) items.push(...(await call("GET", `/api/batches/${id}/items?state=failed&limit=${NAMED}`)).items);
  const shown = await Promise.all(items.slice(0, NAMED).map(named));
  const rest = failed - shown.length;
  const close = make("button", { class: "primary" }, t("Close"));
  const dialog = make("dialog", { class: "batch-failed", "aria-label": t("What could not be changed") },
    make("h2", {}, t("What could not be changed")),
    make("ul", {}, ...shown),
    rest > 0 ? make("p", { class: "muted" }, t("and {count} more", { count: rest })) : "",
    make("form", { method: "dialog", class: "row end" }, close));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** One line: the asset, where it is still to be seen, and why. */
async function named({ target, error }) {
  const asset = await call("GET", `/api/assets/${target}`).catch(() => null);
  const what = asset ? make("a", { href: `/assets/${target}` }, asset.title) : t("An asset that is not here any more");
  return make("li", {}, what, make("span", { class: "muted small" }, error.detail));
}

const sum = (states, name) => states.reduce((total, one) => total + one.counts[name], 0);

function kept() {
  return JSON.parse(sessionStorage.getItem(KEPT) || "[]");
}

function keep(ids, on) {
  const others = kept().filter((one) => String(one) !== String(ids));
  sessionStorage.setItem(KEPT, JSON.stringify(on && ids.length ? [...others, ids] : others));
}
