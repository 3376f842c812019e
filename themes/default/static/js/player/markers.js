/** Automatic QC on the asset page: markers under the scrub bar, the list of findings, keys from one to the next. */

import { call, quietly } from "../lib/api.js";
import { bind } from "../lib/keys.js";
import { toClock } from "../lib/timecode.js";
import { attempt, make } from "../lib/ui.js";
import { number, t } from "../lib/words.js";
import { Waveform, fetchWaveform } from "./waveform.js";

const names = () => ({
  black: t("Black"), freeze: t("Freeze"), silence: t("Silence"), clipping: t("Clipping"), loudness: t("Loudness"),
  dropped: t("Dropped frames"), duplicated: t("Duplicated frames"), mixed_rate: t("Mixed frame rate"), interlace: t("Interlace"),
});
const states = () => ({ none: t("Not checked yet"), queued: t("Waiting for a worker"), failed: t("Analysis failed") });
const LOOK_AGAIN = 3000; // ms, while a worker looks
const WHOLE = 0.98; // of the length; what is wrong all along is told in the list

/** The markers in the order of a step from `seconds`: the next one to the right (1) or left (-1), or null. */
export function stepFrom(markers, seconds, direction) {
  const starts = markers.map((marker) => marker.seconds_in);
  const found = direction > 0 ? starts.findIndex((start) => start > seconds + 0.001) : starts.findLastIndex((start) => start < seconds - 0.001);
  return found < 0 ? null : markers[found];
}

/** "01:00:02:00 – 01:00:02:24"; a clock where there is no picture. */
export function placeOf(marker) {
  const first = marker.timecode_in ?? toClock(marker.seconds_in);
  const last = marker.timecode_out ?? toClock(marker.seconds_out);
  return first === last ? first : `${first} – ${last}`;
}

const tenths = (value) => number(value, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** "-23.0 LUFS · range 5.1 LU · peak -1.0 dBTP", a line for each track that is heard (EBU R 128). */
export function loudnessOf(tracks) {
  const heard = tracks.filter((one) => one.integrated !== null);
  return heard.map((one) => {
    const words = [`${tenths(one.integrated)} LUFS`, t("range {range} LU", { range: tenths(one.range) })];
    if (one.true_peak !== null) words.push(t("peak {peak} dBTP", { peak: tenths(one.true_peak) }));
    return heard.length > 1 ? `${t("Track {number}", { number: one.track + 1 })}: ${words.join(" · ")}` : words.join(" · ");
  }).join("\n");
}

export class Checks {
  #found = null;
  #hidden = new Set();
  #player = null;
  #waveform = null;
  #timer = 0;
  #over = false;

  /** `page`: the `.review` element. */
  constructor(page, versionId) {
    Object.assign(this, { page, versionId });
    this.unbind = bind({ n: () => this.#step(1), "Shift+n": () => this.#step(-1) });
    this.fill();
  }

  /** Begin with a panel that was drawn anew. */
  fill() {
    this.panel = this.page.querySelector("[data-qc]");
    this.panel?.querySelector("[data-qc-again]")?.addEventListener("click", () => attempt(() => this.#again()));
    if (this.#found) this.#draw();
    quietly(this.look());
  }

  /** There is a player now: strips go under its scrub bar. */
  attach(player) {
    this.#waveform?.end();
    this.#waveform = null;
    this.#player = player;
    this.#draw();
    quietly(this.#hear());
  }

  end() {
    this.#over = true;
    clearTimeout(this.#timer);
    this.unbind();
    this.#waveform?.end();
  }

  /** Ask what is known, and again while a worker looks. */
  async look() {
    clearTimeout(this.#timer);
    const found = await call("GET", `/api/versions/${this.versionId}/analysis`);
    if (this.#over) return;
    this.#found = found;
    this.#draw();
    await this.#hear();
    if (["queued", "processing"].includes(found.status) && !this.#over) this.#timer = setTimeout(() => quietly(this.look()), LOOK_AGAIN);
  }

  async #again() {
    this.#found = { ...this.#found, status: "queued" }; // at once: it may be done before it is asked for
    this.#draw();
    try {
      await call("POST", `/api/versions/${this.versionId}/analyse`);
    } finally {
      await this.look();
    }
  }

  async #hear() {
    if (this.#waveform || !this.#player || !this.#found?.waveform) return;
    const player = this.#player;
    const tracks = await fetchWaveform(this.versionId);
    if (tracks.length && player === this.#player && !this.#waveform && !this.#over) this.#waveform = new Waveform(player.root, player, tracks);
  }

  get #shown() {
    return (this.#found?.markers || []).filter((marker) => !this.#hidden.has(marker.kind));
  }

  #step(direction) {
    if (!this.#player) return false;
    const marker = stepFrom(this.#shown, this.#now, direction);
    if (marker) this.#go(marker);
    return undefined;
  }

  /** Where the picture stands, as the start of its frame. */
  get #now() {
    const { clock } = this.#player;
    return clock.rate ? (clock.frame * clock.rate.den) / clock.rate.num : clock.video.currentTime;
  }

  #go(marker) {
    if (!this.#player) return;
    const { transport } = this.#player;
    transport.stop();
    if (marker.frame_in === null) transport.seek(marker.seconds_in);
    else transport.toFrame(marker.frame_in);
  }

  #draw() {
    if (!this.#found) return;
    this.#drawStrip();
    this.#drawHeard();
    if (!this.panel) return;
    const { status, markers, error, percent } = this.#found;
    const state = status === "processing" ? t("Looking… {percent} %", { percent: Math.floor(percent) }) : (states()[status] ?? findings(markers.length));
    this.#part("state").textContent = status === "failed" && error ? `${state}: ${error.detail}` : state;
    this.#drawLoudness();
    this.#drawLegend();
    this.#drawList();
    const again = this.#part("again");
    if (again) again.hidden = !["ready", "failed"].includes(status);
  }

  #part(name) {
    return this.panel.querySelector(`[data-qc-${name}]`);
  }

  #drawLoudness() {
    const line = this.#part("loudness");
    const text = loudnessOf(this.#found.loudness);
    line.hidden = text === "";
    line.textContent = text;
  }

  /** What is only heard has its loudness where the picture would be. */
  #drawHeard() {
    const screen = this.page.querySelector(".screen");
    screen.querySelector(".sound-facts")?.remove();
    const text = this.#player && !this.#player.clock.rate ? loudnessOf(this.#found.loudness) : "";
    if (text) screen.append(make("p", { class: "sound-facts number", "aria-label": t("Loudness") }, text));
  }

  #drawLegend() {
    const counts = new Map();
    for (const { kind } of this.#found.markers) counts.set(kind, (counts.get(kind) || 0) + 1);
    const legend = this.#part("legend");
    legend.hidden = counts.size === 0;
    const focused = legend.contains(document.activeElement) ? document.activeElement.dataset.kind : "";
    legend.replaceChildren(...[...counts].map(([kind, count]) => make(
      "button",
      { type: "button", "data-kind": kind, "aria-pressed": String(!this.#hidden.has(kind)), onclick: () => this.#toggle(kind) },
      make("span", { class: "qc-dot", "aria-hidden": "true" }), `${names()[kind] ?? kind} ${count}`,
    )));
    if (focused) legend.querySelector(`[data-kind=${focused}]`)?.focus();
  }

  #toggle(kind) {
    if (!this.#hidden.delete(kind)) this.#hidden.add(kind);
    this.#draw();
  }

  #drawList() {
    const list = this.#part("list");
    list.hidden = this.#shown.length === 0;
    list.replaceChildren(...this.#shown.map((marker) => make("li", {}, make(
      "button",
      { type: "button", "data-kind": marker.kind, "data-frame": marker.frame_in, title: t("Go there"), onclick: () => this.#go(marker) },
      make("span", { class: "qc-dot", "aria-hidden": "true" }),
      make("span", {}, `${nameOf(marker)} `, make("span", { class: "timecode muted" }, placeOf(marker))),
      make("span", { class: "detail" }, marker.detail),
    ))));
  }

  #drawStrip() {
    const mount = this.page.querySelector("[data-timeline-strips]");
    if (!mount) return;
    mount.querySelector(".qc-strip")?.remove();
    const duration = Number(this.page.querySelector(".player").dataset.duration) || 0;
    const frames = this.#player?.clock.frames || 0;
    const placed = this.#shown.map((marker) => ({ marker, ...partsOf(marker, frames, duration) })).filter(({ width }) => width > 0 && width < WHOLE);
    if (placed.length === 0) return;
    const strip = make("div", { class: "qc-strip", "aria-hidden": "true" }); // the list says the same in words
    for (const { marker, left, width } of placed) {
      const title = `${names()[marker.kind] ?? marker.kind} · ${placeOf(marker)} · ${marker.detail}`;
      const button = make("button", { type: "button", tabindex: "-1", "data-kind": marker.kind, title, onclick: () => this.#go(marker) });
      button.style.left = `${left * 100}%`;
      button.style.width = `${width * 100}%`;
      strip.append(button);
    }
    mount.append(strip);
  }
}

function findings(count) {
  return count ? t("{count} finding|{count} findings", {}, count) : t("No findings");
}

function nameOf({ kind, track }) {
  const name = names()[kind] ?? kind;
  return track ? t("{name}, track {number}", { name, number: track + 1 }) : name;
}

/** Where a marker lies on the timeline, in parts of its width. */
function partsOf(marker, frames, duration) {
  if (frames && marker.frame_in !== null) return { left: marker.frame_in / frames, width: (marker.frame_out + 1 - marker.frame_in) / frames };
  if (!duration) return { left: 0, width: 0 };
  return { left: marker.seconds_in / duration, width: (marker.seconds_out - marker.seconds_in) / duration };
}
