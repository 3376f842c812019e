/** What is done to the chosen cards at once: one bar, one call, one toast that takes it back. */

import { call } from "../lib/api.js";
import { bind } from "../lib/keys.js";
import { selection } from "../lib/select.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { askField, askFolder, askTags } from "./project-dialogs.js";

const AT_ONCE = 500; // what one call takes
const MOST_DOWNLOADS = 20;
const BETWEEN = 600; // milliseconds between two downloads: browsers drop what comes at once

/** Wire the action bar of a project page; `redraw()` shows the cards anew. Answers the end of it. */
export function startBulk(context, redraw) {
  const { page } = context;
  const bar = page.querySelector(".bulk");
  const grid = page.querySelector(".grid");
  const chosen = selection(grid, (cards) => {
    bar.hidden = cards.length === 0;
    bar.querySelector("[data-selected]").textContent = t("{count} selected", { count: cards.length });
    const share = bar.querySelector("[data-bulk-share]");
    if (share) share.dataset.shareIds = ids(cards).join(" ");
  });
  const mayWrite = page.dataset.mayWrite === "true";
  const actions = {
    move: async () => {
      const folder = await askFolder(page, t("Move to"));
      if (folder) await change(ids(chosen.cards()), { action: "move", folder_id: folder.id }, t("moved to {name}", { name: folder.name }));
    },
    tag: async () => {
      const wanted = await askTags(context.projectId);
      if (wanted) await change(ids(chosen.cards()), wanted, wanted.action === "tag" ? "tagged" : t("without the tag"));
    },
    field: async () => {
      const wanted = await askField(context.projectId, page);
      if (wanted) await change(ids(chosen.cards()), { action: "set_field", ...wanted }, "changed");
    },
    trash: () => change(ids(chosen.cards()), { action: "trash" }, t("in the trash")),
    download: () => download(chosen.cards()),
    clear: () => chosen.clear(),
  };
  const run = (name) => {
    if (chosen.cards().length === 0 || (!mayWrite && !["download", "clear"].includes(name))) return false;
    attempt(actions[name]);
    return true;
  };

  /** Do it, some hundred at a time; say what became of it, and offer to take it back. */
  async function change(assetIds, body, words) {
    const undo = [];
    const wrong = [];
    let done = 0;
    for (let at = 0; at < assetIds.length; at += AT_ONCE) {
      const answer = await call("POST", "/api/assets/bulk", { asset_ids: assetIds.slice(at, at + AT_ONCE), ...body });
      undo.push(...answer.undo);
      done += answer.results.filter((one) => !one.error).length;
      wrong.push(...answer.results.filter((one) => one.error));
    }
    chosen.clear();
    await redraw();
    const takeBack = () => attempt(async () => {
      for (const one of undo) await call("POST", "/api/assets/bulk", one);
      await redraw();
    });
    if (done) toast(`${done} ${done === 1 ? t("asset") : t("assets")} ${words}.`, undo.length ? { action: t("Undo"), onAction: takeBack } : {});
    if (wrong.length) toast(t("{count} could not be changed: {detail}", { count: wrong.length, detail: wrong[0].error.detail }), { bad: true });
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
  const endKeys = bind({
    "Ctrl+a": () => chosen.all(),
    "Meta+a": () => chosen.all(),
    Escape: () => run("clear"),
    v: () => run("move"),
    t: () => run("tag"),
  });
  return {
    cards: chosen.cards,
    change,
    end: () => { endKeys(); chosen.end(); bar.removeEventListener("click", onClick); grid.removeEventListener("keydown", onKey, true); },
  };
}

const ids = (cards) => cards.map((card) => card.dataset.assetId);

/** The masters one after another; browsers ask once whether that is wanted. */
async function download(cards) {
  const versions = cards.map((card) => card.dataset.versionId).filter(Boolean);
  if (versions.length > MOST_DOWNLOADS) throw new Error(t("At most {MOST_DOWNLOADS} at once: select fewer.", { MOST_DOWNLOADS }));
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
  toast(`${versions.length} ${versions.length === 1 ? "download" : t("downloads")} started.`);
}
