/** The dock at the foot of the window: every upload with its progress, rate, time left and buttons. */

import { bytes, rate, span } from "../lib/format.js";
import { icon, make, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { chosen } from "./drop.js";
import { uploads } from "./queue.js";

const rows = new Map();
let dock = null;
let queued = 0;

/** Show the dock and keep it true. It lives outside the pages and outlasts them. */
export async function startDock() {
  uploads.addEventListener("change", () => {
    if (!queued) queued = requestAnimationFrame(draw);
  });
  setInterval(() => { if (uploads.busy) draw(); }, 1000); // the rate falls also when nothing arrives
  addEventListener("beforeunload", (event) => { if (uploads.busy) event.preventDefault(); });
  await uploads.restore();
}

function build() {
  const title = make("span", { class: "dock-words", role: "status" });
  dock = make(
    "details",
    { class: "dock", open: true, "aria-label": t("Uploads") },
    make(
      "summary",
      {},
      make("span", { class: "dock-title" }, title, icon("up")),
      make("progress", { max: 1, value: 0, "aria-label": t("All uploads") }),
      make("span", { class: "dock-rate small muted number" }),
    ),
    make(
      "div",
      { class: "dock-tools" },
      tool("pause", t("Pause all"), "quiet", () => each(uploads.pause)),
      tool("resume", t("Resume all"), "quiet", () => each(uploads.resume)),
      tool("clear", t("Clear finished"), "quiet", () => uploads.clear()),
    ),
    make("ul", { class: "dock-files" }),
  );
  document.body.append(dock);
}

function each(action) {
  for (const item of [...uploads.items]) action.call(uploads, item);
}

function tool(name, text, look, onclick) {
  return make("button", { type: "button", class: look, "data-do": name, onclick }, text);
}

function draw() {
  queued = 0;
  if (uploads.items.length === 0) {
    dock?.remove();
    dock = null;
    rows.clear();
    return;
  }
  if (!dock?.isConnected) {
    rows.clear();
    build();
  }
  drawTotal();
  const list = dock.querySelector(".dock-files");
  for (const [key, row] of rows) {
    if (!uploads.items.some((item) => item.key === key)) {
      row.remove();
      rows.delete(key);
    }
  }
  for (const item of uploads.items) {
    if (!rows.has(item.key)) {
      rows.set(item.key, row(item));
      list.append(rows.get(item.key));
    }
    drawRow(rows.get(item.key), item);
  }
}

function drawTotal() {
  const total = uploads.total;
  const states = new Set(uploads.items.map((item) => item.state));
  dock.querySelector(".dock-words").textContent = words(total);
  dock.querySelector("progress").value = total.size ? total.sent / total.size : 0;
  dock.querySelector("progress").className = total.count > 0 && total.done === total.count ? "done" : "";
  const moving = total.rate > 0 && uploads.busy;
  dock.querySelector(".dock-rate").textContent = [
    t("{sent} of {size}", { sent: bytes(total.sent), size: bytes(total.size) }),
    moving ? rate(total.rate) : "",
    moving && total.left < Infinity ? t("{time} left", { time: span(total.left) }) : "",
  ].filter(Boolean).join(" · ");
  dock.querySelector("[data-do=pause]").hidden = !(states.has("sending") || states.has("waiting"));
  dock.querySelector("[data-do=resume]").hidden = !(states.has("paused") || states.has("failed"));
  dock.querySelector("[data-do=clear]").hidden = !states.has("done");
}

function words(total) {
  if (total.count === 0) return t("Interrupted uploads");
  if (total.done === total.count) return t("Verified ✓ {done} of {count}", { done: total.done, count: total.count });
  return t("Uploading {done} of {count}", { done: total.done, count: total.count });
}

function row(item) {
  const { name } = item;
  const picker = make("input", { type: "file", hidden: true, onchange: () => giveBack(item, chosen(picker)) });
  const button = (act, title, label, sign, onclick) =>
    make("button", { type: "button", class: "icon-only quiet", "data-do": act, "aria-label": label, title, onclick }, icon(sign));
  return make(
    "li",
    { class: "dock-file" },
    make("span", { class: "name", title: item.name }, item.name),
    make("span", { class: "what number" }),
    make(
      "span",
      { class: "buttons" },
      button("pause", t("Pause"), t("Pause {name}", { name }), "pause", () => uploads.pause(item)),
      button("resume", t("Resume"), t("Resume {name}", { name }), "play", () => uploads.resume(item)),
      button("retry", t("Retry"), t("Retry {name}", { name }), "retry", () => uploads.resume(item)),
      button("choose", t("Choose the file again"), t("Choose the file again: {name}", { name }), "upload", () => picker.click()),
      button("cancel", t("Cancel"), t("Cancel {name}", { name }), "close", () => uploads.cancel(item)),
    ),
    make("progress", { max: 1, value: 0, "aria-label": item.name }),
    picker,
  );
}

function giveBack(item, files) {
  if (files.length === 0 || uploads.give(item, files[0].file)) return;
  toast(t("“{name}” is not the file that was interrupted: name, size or date differ. Nothing was sent.", { name: files[0].file.name }), { bad: true });
}

function drawRow(element, item) {
  const shown = {
    pause: ["sending", "waiting"].includes(item.state),
    resume: item.state === "paused",
    retry: item.state === "failed",
    choose: item.state === "lost",
    cancel: !["done", "verifying"].includes(item.state),
  };
  for (const button of element.querySelectorAll("[data-do]")) button.hidden = !shown[button.dataset.do];
  element.dataset.state = item.state;
  element.classList.toggle("bad", item.state === "failed");
  element.querySelector(".what").textContent = item.note || status(item);
  const progress = element.querySelector("progress");
  progress.value = item.size ? item.sent / item.size : 0;
  progress.className = { done: "done", failed: "bad" }[item.state] || "";
}

function status(item) {
  if (item.state === "waiting") return `${t("Waiting")} · ${bytes(item.size)}`;
  return t("{sent} of {size}", { sent: bytes(item.sent), size: bytes(item.size) });
}
