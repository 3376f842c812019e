/** What is done to the chosen cards at once: one bar, one call or batch, one toast that takes it back. */

import { call } from "../lib/api.js";
import { MANY, resume, runBatch, tellFailed, undoBatches } from "../lib/batch.js";
import { bind } from "../lib/keys.js";
import { selection } from "../lib/select.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { askField, askFolder, askTags } from "./project-dialogs.js";

const MOST_DOWNLOADS = 20;
const BETWEEN = 600; // milliseconds between two downloads: browsers drop what comes at once

/** Wire the action bar of a project page; `redraw()` shows the cards anew. Answers the end of it. */
export function startBulk(context, redraw) {
  const { page } = context;
  const bar = page.querySelector(".bulk");
  const grid = page.querySelector(".grid");
  const all = bar.querySelector("[data-bulk=all]");
  const chosen = selection(context.shelf, (count) => {
    bar.hidden = count === 0;
    bar.querySelector("[data-selected]").textContent = t("{count} selected", { count });
    all.hidden = count >= context.shelf.count;
    all.textContent = t("All {count}", { count: context.shelf.count });
    const share = bar.querySelector("[data-bulk-share]");
    if (share) share.dataset.shareIds = ids(chosen.cards()).join(" ");
  });
  const mayWrite = page.dataset.mayWrite === "true";
  const actions = {
    move: async () => {
      const folder = await askFolder(page, t("Move to"));
      if (folder) await change(ids(chosen.cards()), { action: "move", folder_id: folder.id }, (count) => t("{count} asset moved to {name}.|{count} assets moved to {name}.", { name: folder.name }, count));
    },
    tag: async () => {
      const wanted = await askTags(context.projectId);
      if (wanted) await change(ids(chosen.cards()), wanted, wanted.action === "tag" ? tagged : untagged);
    },
    field: async () => {
      const wanted = await askField(context.projectId, page);
      if (wanted) await change(ids(chosen.cards()), { action: "set_field", ...wanted }, changed);
    },
    trash: () => change(ids(chosen.cards()), { action: "trash" }, trashed),
    download: () => download(chosen.cards()),
    all: () => chosen.all(),
    clear: () => chosen.clear(),
  };
  const run = (name) => {
    if (chosen.cards().length === 0 || (!mayWrite && !["all", "download", "clear"].includes(name))) return false;
    attempt(actions[name]);
    return true;
  };

  /** Do it; say what became of it, in the words of `said(count)`, and offer to take it back. */
  async function change(assetIds, body, said) {
    chosen.clear();
    await (assetIds.length > MANY ? changeMany(assetIds, body, said) : changeFew(assetIds, body, said));
  }

  async function changeFew(assetIds, body, said) {
    const { results, undo } = await call("POST", "/api/assets/bulk", { asset_ids: assetIds, ...body });
    const wrong = results.filter((one) => one.error);
    const done = results.length - wrong.length;
    await redraw();
    const takeBack = () => attempt(async () => {
      for (const one of undo) await call("POST", "/api/assets/bulk", one);
      await redraw();
    });
    if (done) toast(said(done), undo.length ? { action: t("Undo"), onAction: takeBack } : {});
    if (wrong.length) toast(t("{count} could not be changed: {detail}", { count: wrong.length, detail: wrong[0].error.detail }), { bad: true });
  }

  async function changeMany(assetIds, { action, ...options }, said) {
    if (action !== "trash") context.busy = new Set(assetIds); // shown anew at the end, not one by one
    try {
      await over(await runBatch(assetIds, action, options), said);
    } finally {
      context.busy = null;
    }
  }

  /** A batch is over, also one that was begun before this page was loaded. */
  async function over(outcome, said = changed) {
    if (page.isConnected) await redraw();
    const takeBack = () => attempt(async () => {
      const back = await undoBatches(outcome.ids);
      if (page.isConnected) await redraw();
      if (!back.ids.length) toast(t("Nothing was changed, so there is nothing to take back."));
      if (back.done) toast(t("{count} asset is as it was.|{count} assets are as they were.", {}, back.done));
      tellFailed(back);
    });
    if (outcome.done) toast(said(outcome.done), { action: t("Undo"), onAction: takeBack });
    else if (outcome.stopped) toast(t("Stopped before anything was changed."));
    tellFailed(outcome);
  }

  const onClick = (event) => {
    const button = event.target.closest("[data-bulk]");
    if (button) run(button.dataset.bulk);
  };
  const onKey = (event) => { // before the key means the one card that has the focus
    if (event.key !== "Delete" || !event.target.matches?.(".card-link") || chosen.cards().length === 0) return;
    event.stopImmediatePropagation();
    run("trash");
  };
  bar.addEventListener("click", onClick);
  grid.addEventListener("keydown", onKey, true);
  resume(over);
  const endKeys = bind({
    "Ctrl+a": () => chosen.all(),
    "Meta+a": () => chosen.all(),
    Escape: () => run("clear"),
    v: () => run("move"),
    t: () => run("tag"),
  });
  return {
    cards: chosen.cards,
    has: chosen.has,
    change,
    end: () => { endKeys(); chosen.end(); bar.removeEventListener("click", onClick); grid.removeEventListener("keydown", onKey, true); },
  };
}

const tagged = (count) => t("{count} asset tagged.|{count} assets tagged.", {}, count);
const untagged = (count) => t("Tag taken off {count} asset.|Tag taken off {count} assets.", {}, count);
const changed = (count) => t("{count} asset changed.|{count} assets changed.", {}, count);
const trashed = (count) => t("{count} asset in the trash.|{count} assets in the trash.", {}, count);
const ids = (cards) => cards.map((card) => card.assetId);

/** The masters one after another; browsers ask once whether that is wanted. */
async function download(cards) {
  const versions = cards.map((card) => card.versionId).filter(Boolean);
  if (versions.length > MOST_DOWNLOADS) throw new Error(t("At most {most} at once: select fewer.", { most: MOST_DOWNLOADS }));
  for (const version of versions) {
    const link = document.createElement("a");
    link.href = `/api/versions/${version}/download`;
    link.download = "";
    link.dataset.plain = "";
    document.body.append(link);
    link.click();
    link.remove();
    await new Promise((resolve) => { setTimeout(resolve, BETWEEN); });
  }
  toast(t("{count} download started.|{count} downloads started.", {}, versions.length));
}
