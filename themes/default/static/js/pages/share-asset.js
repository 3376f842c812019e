/** One asset for a guest of a share link: the player, the notes, what changes live; nothing of the house. */

import { call, quietly, root } from "../lib/api.js";
import { drawAll } from "../lib/blurhash.js";
import { listen } from "../lib/live.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { signEarly } from "../player/link.js";
import { Notes } from "./notes.js";
import { startDeciding } from "./share-decide.js";
import { startPages } from "./turning.js";

const LOOK_MS = 3000; // between two looks whether a copy to watch is made

export function start(main) {
  const page = main.querySelector(".review");
  const { versionId } = page.dataset;
  const stage = { page, player: null, status: page.dataset.status };
  for (const button of page.querySelectorAll("[data-do=retry]")) button.remove();
  stage.notes = new Notes(page, versionId);
  startDeciding(page, () => quietly(stage.notes.look()));
  page.addEventListener("player", ({ detail }) => stage.notes.attach(detail)); // of films, sound and pages
  if (stage.status === "ready" && page.querySelector("video")) {
    signEarly(versionId);
    attempt(() => play(stage, ""));
  }
  page.querySelector(".stage").addEventListener("click", (event) => {
    if (event.target.closest("[data-do=reload]")) attempt(() => reload(stage));
  });
  page.querySelector("[data-share-preview]")?.addEventListener("click", (event) => attempt(() => copyToWatch(event.currentTarget)));
  const ends = [startPages(page), listen(`/api/preview/events?version_id=${versionId}`, {
    status: (data) => attempt(() => follow(stage, data)),
    open: () => quietly(stage.notes.look()),
    comments: () => quietly(stage.notes.look()),
    end: () => over(stage),
  })];
  return () => {
    stage.ended = true;
    for (const end of ends) end();
    stage.notes.end();
    stage.player?.end();
  };
}

/** Bring the stage to what the preview's status says; a preview that is done is shown by a fresh page. */
async function follow(stage, status) {
  const { page } = stage;
  const was = stage.status;
  stage.status = status.status;
  const blank = !page.querySelector("video, .screen > img");
  if (status.playable && blank) {
    location.reload();
    return;
  }
  const plays = status.playable && page.querySelector("video");
  const settled = ["ready", "failed", "unsupported"].includes(status.status);
  if (settled && was !== status.status && !plays) {
    location.reload();
    return;
  }
  show(page, plays || page.querySelector(".screen > img") ? "" : status.status);
  for (const one of page.querySelectorAll("[data-percent]")) {
    if (one.matches("progress")) one.value = status.percent / 100;
    else one.textContent = `${Math.floor(status.percent)} %`;
  }
  if (plays) await play(stage, status.status === "processing" ? t("Encoding: plays as far as it has come.") : "");
}

async function play(stage, words) {
  stage.opening ??= open(stage);
  await stage.opening;
  if (stage.ended) return;
  await stage.player.load();
  stage.player.say(words);
}

async function open(stage) {
  const { page } = stage;
  const { Player } = await import("../player/player.js");
  if (stage.ended) return;
  drawAll(page);
  stage.player = new Player(page.querySelector(".player"));
  stage.player.source.addEventListener("broken", (event) => {
    page.querySelector("[data-broken]").textContent = event.detail;
    show(page, "broken");
  });
}

async function reload(stage) {
  show(stage.page, "");
  await stage.player.reload();
}

/** The link does not hold any more: nothing goes on playing, and the page says so. */
function over(stage) {
  if (stage.ended) return;
  stage.page.querySelector("video")?.pause();
  stage.player?.end();
  stage.player = null;
  location.replace(root());
}

/** A copy to watch is made when somebody asks for the first; then it downloads. */
async function copyToWatch(button) {
  button.disabled = true;
  try {
    for (;;) {
      const made = await call("POST", `/api/versions/${button.dataset.sharePreview}/copy`);
      if (made.url) {
        location.assign(made.url);
        return;
      }
      if (made.status === "failed") {
        toast(t("The copy could not be made. Ask whoever sent you this link."), { bad: true });
        return;
      }
      button.lastChild.textContent = t("Making the copy {percent} %", { percent: Math.floor(made.percent) });
      await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
    }
  } finally {
    button.disabled = false;
    button.lastChild.textContent = t("Download a copy to watch");
  }
}

/** One veil at most; none where the picture is there. */
function show(page, name) {
  for (const veil of page.querySelectorAll(".veil")) veil.hidden = !veil.dataset.veil.split(" ").includes(name);
}
