/**
 * The hand on the picture while somebody draws: mouse, finger or pen into shapes, one at a time. All but the pen's
 * strokes can be drawn by two clicks as well as by a drag.
 *
 * Once a pen has been seen fingers do not draw any more, for a palm is one of them.
 */

import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { LEADING, draw, shapeElements } from "./shapes.js";
import { Stroke } from "./stroke.js";

const SHORTEST = 0.004; // of the picture's height; less is a slip of the hand
const LONGEST_TEXT = 500;
const TEXT_TIMES = 6; // letters are so many times as high as the line of the pen is wide

export class Hand {
  #drawing = null; // {id, shape, stroke}
  #penSeen = false;
  #writing = null; // {field, off, shape(text)} of a text that is being typed

  /**
   * `layer`: a `Layer`; `look()` answers {tool, color, width}; `begin()` whether a shape may begin now;
   * `done(shape)` takes it.
   */
  constructor(layer, { look, begin, done }) {
    Object.assign(this, { layer, look, begin, done });
    this.live = draw("g", { class: "is-live" });
    layer.svg.append(this.live);
    this.ends = new AbortController();
    const on = (name, act) => layer.svg.addEventListener(name, act, { signal: this.ends.signal });
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", () => this.cancel());
    for (const name of ["click", "dblclick", "contextmenu"]) on(name, (event) => event.preventDefault());
    layer.svg.classList.add("is-drawn-on");
  }

  end() {
    this.write();
    this.cancel();
    this.ends.abort();
    this.live.remove();
    this.layer.svg.classList.remove("is-drawn-on");
  }

  /** Whether a shape is under way. */
  get busy() {
    return this.#drawing !== null || this.#writing !== null;
  }

  /** Give up what is under way; answers whether anything was. */
  cancel() {
    const was = this.busy;
    this.#drawing = null;
    this.live.replaceChildren();
    this.#closed();
    this.layer.player.screen.classList.remove("drawing-now");
    return was;
  }

  #at({ clientX, clientY }) {
    const { left, top, width, height } = this.layer.svg.getBoundingClientRect();
    const part = (value) => Math.min(1, Math.max(0, value));
    return [part((clientX - left) / width), part((clientY - top) / height)];
  }

  #down(event) {
    event.stopPropagation();
    if (event.pointerType === "pen") this.#penSeen = true;
    const palm = event.pointerType === "touch" && this.#penSeen;
    if (event.button !== 0 || !event.isPrimary || palm) return;
    event.preventDefault();
    if (this.#writing) {
      this.write();
      return;
    }
    if (this.#drawing) {
      this.#drawing.id = event.pointerId; // the other end of a shape that was begun by a click
      this.#take(event);
      return;
    }
    if (!this.begin()) return;
    const { tool, color, width } = this.look();
    const at = this.#at(event);
    if (tool === "text") {
      this.#type(at, color, width);
      return;
    }
    this.layer.svg.setPointerCapture(event.pointerId);
    this.layer.player.screen.classList.add("drawing-now");
    const shape = tool === "pen" ? { kind: "pen", color, width, points: [] } : { kind: tool, color, width, from: rounded(at), to: rounded(at) };
    this.#drawing = { id: event.pointerId, shape, start: at, stroke: tool === "pen" ? new Stroke(this.layer.aspect) : null };
    this.#take(event);
  }

  #move(event) {
    if (this.#drawing?.id !== event.pointerId) return;
    event.stopPropagation();
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) this.#take(one);
  }

  #take(event) {
    const { shape, stroke, start } = this.#drawing;
    const at = this.#at(event);
    if (stroke) {
      stroke.add(at, event.pointerType === "pen" ? event.pressure : null);
      shape.points = stroke.points;
    } else {
      shape.to = rounded(event.shiftKey ? this.#straight(shape.kind, start, at) : at);
    }
    this.live.replaceChildren(...shapeElements(shape, this.layer.across));
  }

  /** With Shift: squares and circles, lines by 45 degrees. */
  #straight(kind, [x, y], to) {
    const { aspect } = this.layer;
    const [across, down] = [(to[0] - x) * aspect, to[1] - y];
    if (kind === "box" || kind === "ellipse") {
      const side = Math.min(Math.abs(across), Math.abs(down));
      return [x + (Math.sign(across) * side) / aspect, y + Math.sign(down) * side];
    }
    const turn = (Math.round((Math.atan2(down, across) * 4) / Math.PI) * Math.PI) / 4;
    const length = across * Math.cos(turn) + down * Math.sin(turn);
    return [Math.min(1, Math.max(0, x + (length * Math.cos(turn)) / aspect)), Math.min(1, Math.max(0, y + length * Math.sin(turn)))];
  }

  #up(event) {
    if (this.#drawing?.id !== event.pointerId) return;
    event.stopPropagation();
    const { shape, stroke, clicked } = this.#drawing;
    if (!stroke && !clicked && this.#length(shape) < SHORTEST) {
      this.#drawing.clicked = true; // no drag: the next click is its other end
      return;
    }
    if (stroke) shape.points = stroke.finished();
    this.cancel();
    if (stroke || this.#length(shape) >= SHORTEST) this.done(shape);
  }

  #length({ from, to }) {
    return Math.hypot((to[0] - from[0]) * this.layer.aspect, to[1] - from[1]);
  }

  /** A field where the hand pointed, as large as its letters will be. */
  #type(at, color, width) {
    const { player } = this.layer;
    const size = width * TEXT_TIMES;
    const field = make("textarea", { class: "drawn-text", rows: 1, maxlength: LONGEST_TEXT, "aria-label": t("Text on the picture"), spellcheck: "false", "data-color": color });
    const place = () => placeField(field, at, size, player.pictureRect());
    const off = player.onlayout(place);
    this.#writing = { field, off, shape: (text) => ({ kind: "text", color, size, at: rounded(at), text }) };
    field.addEventListener("input", place);
    field.addEventListener("keydown", (event) => this.#typed(event));
    field.addEventListener("blur", () => this.write());
    player.screen.append(field);
    place();
    setTimeout(() => field.focus()); // after the press that put it there
  }

  #typed(event) {
    event.stopPropagation();
    if (event.key === "Escape") this.cancel();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.write();
    else return;
    event.preventDefault();
  }

  /** Put the field away; answers it as it was. */
  #closed() {
    const writing = this.#writing;
    this.#writing = null;
    writing?.off();
    writing?.field.remove();
    return writing;
  }

  /** Take the text that was typed. */
  write() {
    const writing = this.#closed();
    const text = writing?.field.value.replace(/[^\P{Cc}\n]/gu, " ").trim();
    if (text) this.done(writing.shape(text));
  }
}

/** Over the picture where its letters will stand, as wide and high as they need. */
function placeField(field, at, size, rect) {
  if (!rect) return;
  Object.assign(field.style, {
    left: `${rect.left + at[0] * rect.width}px`, top: `${rect.top + at[1] * rect.height}px`,
    fontSize: `${size * rect.height}px`, lineHeight: String(LEADING), width: "0", height: "0",
  });
  Object.assign(field.style, { width: `${field.scrollWidth + 2}px`, height: `${field.scrollHeight}px` });
}

function rounded(place) {
  return place.map((value) => Math.round(value * 1e4) / 1e4);
}
