/** One asset: the player where there is something to play, the preview's progress, new versions by drop. */

import { call, fragment, quietly } from "../lib/api.js";
import { drawAll } from "../lib/blurhash.js";
import { foldSections } from "../lib/folding.js";
import { listen } from "../lib/live.js";
import { ask, attempt, toast } from "../lib/ui.js";
import { go } from "../lib/navigate.js";
import { isCaptions } from "../lib/captions.js";
import { t } from "../lib/words.js";
import { signEarly } from "../player/link.js";
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

export function start(main) {
  const page = main.querySelector(".review");
  const { assetId, projectId, versionId } = page.dataset;
  const ends = [];
  const stage = { page, player: null, status: page.dataset.status };
  if (stage.status === "ready" && page.querySelector("video")) {
    signEarly(versionId);
    attempt(() => play(stage, stage));
  }
  if (versionId) stage.beside = new Beside(page, versionId);
  if (versionId) stage.checks = new Checks(page, versionId);
  if (versionId) stage.notes = new Notes(page, versionId);
  page.addEventListener("player", ({ detail }) => stage.notes?.attach(detail));
  const wanted = Number(new URLSearchParams(location.search).get("page")); // of a document, as a search found it
  if (wanted > 0) page.addEventListener("player", ({ detail }) => quietly(Promise.resolve(detail.seekFrame(wanted - 1))), { once: true });
  if (versionId) ends.push(startPages(page));
  if (page.dataset.mayUpload === "true") ends.push(...startVersions(page, projectId, assetId, stage.beside));
  startActions(page);
  stage.stack = startStack(page);
  ends.push(() => stage.stack.end());
  startOwnFields(page);
  stage.similar = fillSimilar(page);
  const approval = startApproval();
  ends.push(() => approval.end());
  if (versionId) {
    ends.push(listen(`/api/preview/events?version_id=${versionId}&presence=true`, {
      status: (data) => attempt(() => follow(stage, data)),
      open: () => quietly(stage.notes.look()),
      comments: () => quietly(stage.notes.look()),
      presence: ({ people }) => stage.notes.present(people),
      analysis: () => attempt(() => stage.checks.look()),
      proxy: (data) => stage.beside.follow(data),
      captions: () => attempt(() => newCaptions(stage)),
      review: () => quietly(approval.look()),
      versions: (event) => stage.stack.changed(event),
    }));
    page.querySelector(".stage").addEventListener("click", (event) => {
      const action = event.target.closest("[data-do]")?.dataset.do;
      if (action === "retry") attempt(() => retry(stage, versionId));
      if (action === "reload") attempt(() => reload(stage));
    });
  }
  return () => {
    stage.ended = true;
    ends.forEach((end) => end());
    stage.checks?.end();
    stage.notes?.end();
    stage.similar();
    stage.player?.end();
  };
}

/** Bring the stage to what the preview's status says. */
async function follow(stage, status) {
  const { page } = stage;
  const was = stage.status;
  stage.status = status.status;
  page.dataset.status = status.status;
  const settled = ["ready", "failed", "unsupported"].includes(status.status);
  const blank = !page.querySelector("video, .screen > img");
  if ((settled && was !== status.status) || (status.playable && blank)) await redraw(stage, blank);
  const plays = status.playable && page.querySelector("video");
  show(page, plays ? "" : status.status);
  page.querySelectorAll("[data-percent]").forEach((one) => {
    if (one.matches("progress")) one.value = status.percent / 100;
    else one.textContent = `${Math.floor(status.percent)} %`;
  });
  drawPreview(page, status);
  if (status.error) {
    page.querySelector("[data-error]").textContent = status.error.detail;
    page.querySelector("[data-code]").textContent = status.error.code;
  }
  if (plays) await play(stage, status);
}

async function play(stage, status) {
  stage.opening ??= open(stage); // once, though two may ask for it while the scripts are on their way
  await stage.opening;
  if (stage.ended) return;
  await stage.player.load();
  if (status.status === "processing") stage.player.say(t("Encoding {percent} %: plays as far as it has come.", { percent: Math.floor(status.percent) }));
  else stage.player.say("");
}

async function open(stage) {
  const { page } = stage;
  const { Player } = await import("../player/player.js");
  if (stage.ended) return;
  stage.player = new Player(page.querySelector(".player"));
  stage.checks?.attach(stage.player);
  stage.player.source.addEventListener("broken", (event) => {
    page.querySelector("[data-broken]").textContent = event.detail;
    show(page, "broken");
  });
}

/** Somebody added or removed captions: the list, and a player that reads its playlist anew. */
async function newCaptions(stage) {
  await stage.beside.drawCaptions();
  if (!stage.player) return;
  const video = stage.page.querySelector("video");
  const at = video.currentTime;
  video.addEventListener("loadedmetadata", () => { video.currentTime = at; }, { once: true });
  await stage.player.reload();
}

async function reload(stage) {
  show(stage.page, "");
  await stage.player.reload();
}

async function retry(stage, versionId) {
  await call("POST", "/api/preview", { version_id: versionId, force: true });
  await follow(stage, { status: "queued", playable: false, percent: 0, renditions: [], error: null });
}

/** One veil at most: queued, processing, failed, unsupported, broken; none when the picture is there. */
function show(page, name) {
  for (const veil of page.querySelectorAll(".veil")) veil.hidden = !veil.dataset.veil.split(" ").includes(name);
}

function drawPreview(page, status) {
  const line = page.querySelector("[data-preview-state]");
  if (!line) return;
  const words = { queued: t("Waiting for a worker"), processing: t("Encoding {percent} %", { percent: Math.floor(status.percent) }), ready: t("Ready"), failed: t("Failed"), unsupported: t("No preview") };
  line.dataset.state = status.status === "unsupported" ? "" : status.status;
  line.textContent = words[status.status] || status.status;
  const rungs = page.querySelector("[data-renditions]");
  if (rungs) rungs.textContent = status.renditions.map((one) => `${one.name}${one.status === "ready" ? " ✓" : ""}`).join(" · ") || "—";
}

/** Facts, poster and player come once the master has been looked at: take them from the server's page. */
async function redraw(stage, withStage) {
  const { page } = stage;
  const fresh = (await fragment(location.href)).querySelector(".review");
  if (!fresh) return;
  page.querySelector(".panel").replaceWith(fresh.querySelector(".panel"));
  startActions(page);
  stage.stack.fill();
  stage.similar();
  stage.similar = fillSimilar(page);
  stage.beside?.fill();
  stage.checks?.fill();
  stage.notes?.fill();
  if (!withStage) return;
  page.querySelector(".stage").replaceChildren(...fresh.querySelector(".stage").childNodes);
  drawAll(page);
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
