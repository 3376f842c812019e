/** One asset: first what plays, with as little script as that takes; then all that stands beside it. */

import { call, fragment } from "../lib/api.js";
import { drawAll } from "../lib/blurhash.js";
import { attempt } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { signEarly } from "../player/link.js";

/** Answers what ends the page; its `whole` is a promise of everything being there. */
export function start(main) {
  const page = main.querySelector(".review");
  const stage = { page, player: null, panel: null, status: page.dataset.status };
  stage.follow = (status) => follow(stage, status);
  if (stage.status === "ready" && page.querySelector("video")) {
    signEarly(page.dataset.versionId);
    attempt(() => play(stage, stage));
  }
  if (page.dataset.versionId) {
    page.querySelector(".stage").addEventListener("click", (event) => {
      const action = event.target.closest("[data-do]")?.dataset.do;
      if (action === "retry") attempt(() => retry(stage, page.dataset.versionId));
      if (action === "reload") attempt(() => reload(stage));
    });
  }
  const end = () => {
    stage.ended = true;
    stage.panel?.end();
    stage.player?.end();
  };
  end.whole = beside(stage);
  return end;
}

/** Notes, versions and all the rest: as many scripts again, which the picture does not wait for. */
async function beside(stage) {
  const { Panel } = await import("./asset-panel.js");
  if (!stage.ended) stage.panel = new Panel(stage);
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
  stage.panel?.attach(stage.player);
  stage.player.source.addEventListener("broken", (event) => {
    page.querySelector("[data-broken]").textContent = event.detail;
    show(page, "broken");
  });
}

async function reload(stage) {
  show(stage.page, "");
  await stage.player.reload();
}

async function retry(stage, versionId) {
  const idle = { playable: false, percent: 0, renditions: [], error: null };
  const before = stage.status;
  await follow(stage, { ...idle, status: "queued" }); // first: the worker's word may be here before the box's answer
  try {
    await call("POST", "/api/preview", { version_id: versionId, force: true });
  } catch (error) {
    await follow(stage, { ...idle, status: before });
    throw error;
  }
}

/** Facts, poster and player come once the master has been looked at: take them from the server's page. */
async function redraw(stage, withStage) {
  const { page } = stage;
  const fresh = (await fragment(location.href)).querySelector(".review");
  if (!fresh) return;
  page.querySelector(".panel").replaceWith(fresh.querySelector(".panel"));
  stage.panel?.fill();
  if (!withStage) return;
  page.querySelector(".stage").replaceChildren(...fresh.querySelector(".stage").childNodes);
  drawAll(page);
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
