/** The waveform: a strip under the scrub bar, or the picture of what is only heard; a click or drag seeks. */

import { call } from "../lib/api.js";
import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";

const GRANT_SECONDS = 3600;
const FULL = 127;
const LIFT = 0.6; // quiet sound is seen too: the height goes with a power of the level

/** The tracks of a waveform file: {index, spanSeconds, seconds, peaks} with lowest and highest in turn, -127..127. */
export function parseWaveform(document_) {
  return document_.tracks.map((track) => ({
    index: track.index,
    spanSeconds: track.span_seconds,
    seconds: track.seconds,
    peaks: Int8Array.from(atob(track.peaks), (letter) => letter.charCodeAt(0)),
  }));
}

/** Lowest and highest between two moments in seconds, -1..1; null where nothing is heard any more. */
export function rangeOf(track, from, to) {
  const first = Math.floor(from / track.spanSeconds);
  const last = Math.min(track.peaks.length / 2 - 1, Math.max(first, Math.ceil(to / track.spanSeconds) - 1));
  if (first > last) return null;
  let low = FULL;
  let high = -FULL;
  for (let span = first; span <= last; span += 1) {
    low = Math.min(low, track.peaks[2 * span]);
    high = Math.max(high, track.peaks[2 * span + 1]);
  }
  return [low / FULL, high / FULL];
}

/** The tracks of a version's waveform; empty where there is none. */
export async function fetchWaveform(versionId) {
  const { waveform_url: url } = await call("POST", "/api/sign-preview", { version_id: versionId, expires_in: GRANT_SECONDS });
  if (!url) return [];
  const answer = await fetch(url).catch(() => null); // away for a moment: the strip stays out until the next look
  return answer?.ok ? parseWaveform(await answer.json()) : [];
}

export class Waveform {
  #tracks;
  #columns = [];
  #drawn = "";
  #frame = 0;

  /** `player`: its `clock`, `transport` and `source`; `root`: the `.player` element; `tracks` as fetched. */
  constructor(root, player, tracks) {
    Object.assign(this, { player });
    this.#tracks = tracks;
    const alone = !player.clock.rate;
    this.canvas = make("canvas", {
      class: alone ? "wave-large" : "wave-strip", "data-waveform": true, role: "slider", "aria-label": t("Waveform: position"),
      "aria-valuemin": "0", "aria-valuenow": "0", tabindex: alone ? "0" : "-1",
    });
    if (alone) root.querySelector(".screen").append(this.canvas);
    else root.querySelector("[data-timeline-strips]").prepend(this.canvas);
    this.sizes = new ResizeObserver(() => this.#measure());
    this.sizes.observe(this.canvas);
    this.themes = new MutationObserver(() => { this.#drawn = ""; });
    this.themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.onTrack = () => this.#measure();
    player.source.addEventListener("audio", this.onTrack);
    this.canvas.addEventListener("pointerdown", (event) => { this.canvas.setPointerCapture(event.pointerId); this.#seek(event); });
    this.canvas.addEventListener("pointermove", (event) => { if (event.buttons & 1) this.#seek(event); });
    this.#tick();
  }

  end() {
    cancelAnimationFrame(this.#frame);
    this.sizes.disconnect();
    this.themes.disconnect();
    this.player.source.removeEventListener("audio", this.onTrack);
    this.canvas.remove();
  }

  /** The track that is heard. */
  get track() {
    return this.#tracks[this.player.source.audio] || this.#tracks[0];
  }

  #seek(event) {
    const { left, width } = this.canvas.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - left) / width));
    this.player.transport.seek(part * this.player.clock.duration);
  }

  /** One range for every column of real pixels. */
  #measure() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(width * scale));
    this.canvas.height = Math.max(1, Math.round(height * scale));
    const step = this.player.clock.duration / this.canvas.width;
    this.#columns = Array.from({ length: this.canvas.width }, (_, column) => rangeOf(this.track, column * step, (column + 1) * step));
    this.#drawn = "";
  }

  #tick() {
    this.#draw();
    this.#frame = requestAnimationFrame(() => this.#tick());
  }

  #draw() {
    const { clock } = this.player;
    if (!clock.duration || !this.#columns.length) return;
    const here = Math.round(Math.min(1, clock.video.currentTime / clock.duration) * this.canvas.width);
    const scheme = matchMedia("(prefers-color-scheme: dark)").matches;
    const wanted = `${here}/${this.canvas.width}/${scheme}`;
    if (wanted === this.#drawn) return;
    this.#drawn = wanted;
    const context = this.canvas.getContext("2d");
    const colours = getComputedStyle(this.canvas);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.#fill(context, 0, here, colour(colours, "--wave-gone"));
    this.#fill(context, here, this.canvas.width, colour(colours, "--wave"));
    context.fillStyle = colours.color;
    context.fillRect(here, 0, Math.max(1, window.devicePixelRatio || 1), this.canvas.height);
    this.canvas.setAttribute("aria-valuemax", String(Math.round(clock.duration)));
    this.canvas.setAttribute("aria-valuenow", String(Math.round(clock.video.currentTime)));
    this.canvas.setAttribute("aria-valuetext", clock.now);
  }

  #fill(context, from, to, style) {
    const middle = this.canvas.height / 2;
    context.fillStyle = style;
    context.beginPath();
    for (let column = from; column < to; column += 1) {
      const range = this.#columns[column];
      if (!range) continue;
      const top = middle - Math.max(range[1], 0) ** LIFT * middle;
      context.rect(column, top, 1, Math.max(1, middle + Math.max(-range[0], 0) ** LIFT * middle - top));
    }
    context.fill();
  }
}

/** A colour of the style sheets; a canvas knows no variables and no light-dark(). */
function colour(styles, name) {
  const probe = make("span", { hidden: true });
  probe.style.color = styles.getPropertyValue(name);
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
