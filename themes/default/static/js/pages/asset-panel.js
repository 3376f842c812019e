/** What stands beside an asset's picture: notes, versions, checks, approvals, files, and word of what changes. */

import { call, quietly } from "../lib/api.js";
import { foldSections } from "../lib/folding.js";
import { listen } from "../lib/live.js";
import { ask, attempt, toast } from "../lib/ui.js";
import { go } from "../lib/navigate.js";
import { isCaptions } from "../lib/captions.js";
import { t } from "../lib/words.js";
import { Checks } from "../player/markers.js";
import { startApproval } from "./approval.js";
import { Beside } from "./beside.js";
import { Notes } from "./notes.js";
import { startOwnFields } from "./own-fields.js";
import { fillSimilar } from "./similar.js";
import { startIntegrity } from "./integrity.js";
import { startPages } from "./turning.js";
import { acceptDrops, chosen } from "../uploads/drop.js";
import { uploads } from "../uploads/queue.js";
import { startStack } from "../versions/stack.js";

export class Panel {
  #stage;
  #ends = [];
  #beside;
  #checks;
  #notes;
  #stack;
  #similar;

  /** `stage`: {page, player, follow}, as pages/asset.js keeps it. */
  constructor(stage) {
    this.#stage = stage;
    const { page } = stage;
    const { assetId, projectId, versionId } = page.dataset;
    if (versionId) this.#startVersion(page, versionId);
    if (page.dataset.mayUpload === "true") this.#ends.push(...startVersions(page, projectId, assetId, this.#beside));
    startActions(page);
    this.#stack = startStack(page);
    startOwnFields(page);
    this.#similar = fillSimilar(page);
    const approval = startApproval();
    this.#ends.push(() => this.#stack.end(), () => approval.end());
    if (versionId) this.#ends.push(this.#listen(versionId, approval));
    if (stage.player) this.attach(stage.player);
  }

  /** The film's player is there. */
  attach(player) {
    this.#checks?.attach(player);
  }

  /** The panel was drawn anew. */
  fill() {
    const { page } = this.#stage;
    startActions(page);
    this.#stack.fill();
    this.#similar();
    this.#similar = fillSimilar(page);
    this.#beside?.fill();
    this.#checks?.fill();
    this.#notes?.fill();
  }

  end() {
    this.#ends.forEach((end) => end());
    this.#checks?.end();
    this.#notes?.end();
    this.#similar();
  }

  #startVersion(page, versionId) {
    this.#beside = new Beside(page, versionId);
    this.#checks = new Checks(page, versionId);
    this.#notes = new Notes(page, versionId);
    const wanted = Number(new URLSearchParams(location.search).get("page")); // of a document, as a search found it
    let turned = !(wanted > 0);
    const there = (player) => {
      this.#notes.attach(player);
      if (!turned) quietly(Promise.resolve(player.seekFrame(wanted - 1)));
      turned = true;
    };
    page.addEventListener("player", ({ detail }) => there(detail));
    const early = page.querySelector(".player")?.player;
    if (early) there(early);
    this.#ends.push(startPages(page));
  }

  #listen(versionId, approval) {
    return listen(`/api/preview/events?version_id=${versionId}&presence=true`, {
      status: (data) => attempt(() => this.#stage.follow(data)),
      open: () => quietly(this.#notes.look()),
      comments: () => quietly(this.#notes.look()),
      presence: ({ people }) => this.#notes.present(people),
      analysis: () => attempt(() => this.#checks.look()),
      proxy: (data) => this.#beside.follow(data),
      captions: () => attempt(() => this.#newCaptions()),
      review: () => quietly(approval.look()),
      versions: (event) => this.#stack.changed(event),
    });
  }

  /** Somebody added or removed captions: the list, and a player that reads its playlist anew. */
  async #newCaptions() {
    await this.#beside.drawCaptions();
    const { page, player } = this.#stage;
    if (!player) return;
    const video = page.querySelector("video");
    const at = video.currentTime;
    video.addEventListener("loadedmetadata", () => { video.currentTime = at; }, { once: true });
    await player.reload();
  }
}

function startActions(page) {
  foldSections(page.querySelector(".panel"));
  startIntegrity(page);
  for (const button of page.querySelectorAll("[data-action=rename]")) {
    button.addEventListener("click", () => attempt(async () => {
      const title = page.querySelector("[data-title]");
      const wanted = await ask(t("Rename"), { label: t("Title"), value: title.textContent.trim(), maxlength: 500 });
      if (!wanted) return;
      const asset = await call("PATCH", `/api/assets/${page.dataset.assetId}`, { title: wanted });
      for (const one of document.querySelectorAll("[data-title]")) one.textContent = asset.title;
    }));
  }
  for (const button of page.querySelectorAll("[data-action=trash]")) {
    button.addEventListener("click", () => attempt(async () => {
      await call("DELETE", `/api/assets/${page.dataset.assetId}`);
      go(page.dataset.back);
    }));
  }
  for (const button of page.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => attempt(async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      toast(t("Copied."));
    }));
  }
}

/** A file dropped on the page becomes the next version of this asset. */
function startVersions(page, projectId, assetId, beside) {
  const take = (files) => {
    if (beside && files.length > 0 && files.every(({ file }) => isCaptions(file))) {
      attempt(() => beside.take(files.map(({ file }) => file)));
      return;
    }
    if (files.length > 1) toast(t("One file at a time here: each becomes a version of this asset. Nothing was sent."), { bad: true });
    else uploads.add(files, { projectId, assetId });
  };
  const input = page.querySelector("#new-version");
  const onAsset = ({ detail: item }) => {
    // the first file is what the page waits for; a later one is offered, for something may play or be written here
    if (item.assetId === assetId && item.versionId && !page.dataset.versionId) go(`/assets/${assetId}`);
  };
  input.addEventListener("change", () => take(chosen(input)));
  page.addEventListener("click", (event) => { if (event.target.closest("[data-pick]")) input.click(); });
  uploads.addEventListener("asset", onAsset);
  return [
    acceptDrops(document.querySelector(".drop-here"), take),
    () => uploads.removeEventListener("asset", onAsset),
  ];
}
