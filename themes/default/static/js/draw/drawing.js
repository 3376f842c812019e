/**
 * Drawing on the picture of an asset's page: D begins and ends it, the form of a note takes what was drawn.
 *
 *     const drawing = new Drawing(page, versionId);
 *     drawing.attach(player);               // a picture to draw over
 *     drawing.notes(list);                  // show the drawings of these notes, each at its own frame
 *     drawing.show(note);                   // hold this one out; null for none
 *     drawing.onbegin = (frame) => place;   // the form says where the note stands: {frame, frame_out} or null
 *     drawing.onchange = () => ...;         // something was drawn, undone or put away
 *     drawing.value(); drawing.place;       // what goes with the note, or null; where it lies
 *     drawing.sent(value);                  // that is with the box now
 *
 * What is not sent yet is kept in this browser. Every change can be undone.
 */

import { keep, recall } from "../lib/draft.js";
import { bind } from "../lib/keys.js";
import { toast } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { Bar } from "./bar.js";
import { Hand } from "./hand.js";
import { History } from "./history.js";
import { Layer } from "./layer.js";
import { FORMAT, isDrawing } from "./shapes.js";

const MOST_SHAPES = 200;
const LARGEST = 60_000; // characters of JSON; the box takes 64 KiB

export class Drawing {
  #player = null;
  #layer = null;
  #hand = null;
  #bar = null;
  #history = new History();
  #notes = [];
  #selected = null;
  #visible = true;

  /** `page`: the `.review` element. */
  constructor(page, versionId) {
    Object.assign(this, { page, draft: `drawing-${versionId}`, place: null });
    this.onbegin = (frame) => ({ frame, frame_out: null });
    this.onchange = () => {};
    this.#recall();
    this.unbind = bind({ d: () => this.toggle(), "Shift+d": () => this.#hide() });
    this.keys = (event) => this.#key(event);
    this.clicks = (event) => this.#click(event);
    document.addEventListener("keydown", this.keys, true);
    page.addEventListener("click", this.clicks);
  }

  /** There is a picture to draw over now; again where the stage was drawn anew. */
  attach(player) {
    if (player === this.#player && this.#layer?.svg.isConnected) return;
    this.#detach();
    this.#player = player;
    if (!player?.screen) return;
    this.#layer = new Layer(player);
    const root = this.page.querySelector("[data-draw]");
    this.#bar = root && new Bar(root, (name) => this.#act(name));
    this.#layer.set(this.#notes);
    this.#layer.select(this.#selected);
    this.#layer.visible = this.#visible;
    this.#tell();
  }

  end() {
    this.#detach();
    this.unbind();
    document.removeEventListener("keydown", this.keys, true);
    this.page.removeEventListener("click", this.clicks);
  }

  /** What is drawn and not sent yet; null for nothing. */
  value() {
    const { shapes } = this.#history;
    return shapes.length ? { version: FORMAT, shapes } : null;
  }

  /** `value` went with a note; what was drawn since then stays. */
  sent(value) {
    if (!value || JSON.stringify(value) !== JSON.stringify(this.value())) return;
    this.#history = new History();
    this.place = null;
    this.stop();
    this.#changed();
  }

  notes(list) {
    this.#notes = list;
    this.#layer?.set(list);
  }

  show(note) {
    this.#selected = note?.id ?? null;
    if (note && !this.#visible) this.#hide();
    this.#layer?.select(this.#selected);
  }

  /** Whether somebody draws. */
  get active() {
    return this.#hand !== null;
  }

  toggle() {
    if (this.active) this.stop();
    else this.start();
  }

  start() {
    if (this.active || !this.#bar || !this.#player?.pictureRect()) return;
    this.#player.pause();
    if (this.#here !== null && this.place && !this.#fits()) this.#player.seekFrame(this.place.frame);
    this.#hand = new Hand(this.#layer, { look: () => this.#bar.look, begin: () => this.#begin(), done: (shape) => this.#add(shape) });
    this.#tell();
  }

  /** Put the tools away; what was drawn stays with the note. */
  stop() {
    if (!this.active) return;
    const hand = this.#hand;
    hand.end(); // which may add a text
    this.#hand = null;
    this.#tell();
  }

  #detach() {
    this.#hand?.end();
    this.#hand = null;
    this.#layer?.end();
    this.#layer = null;
    this.#bar?.end();
    this.#bar = null;
  }

  /** The frame on screen; null where there is only one picture. */
  get #here() {
    return this.#player?.frames ? this.#player.currentFrame() : null;
  }

  #fits() {
    const { frame, frame_out: last } = this.place;
    return this.#here >= frame && this.#here <= (last ?? frame);
  }

  /** A shape begins: the first says where the note stands, and on another frame than that none can. */
  #begin() {
    this.#player.pause();
    if (this.#history.shapes.length === 0) {
      this.place = this.onbegin(this.#here);
    } else if (this.place && !this.#fits()) {
      this.#player.seekFrame(this.place.frame);
      toast(t("The drawing goes on where it began. Send it first to draw on another frame."));
      return false;
    }
    return true;
  }

  #add(shape) {
    const shapes = [...this.#history.shapes, shape];
    if (shapes.length > MOST_SHAPES || JSON.stringify(shapes).length > LARGEST) {
      toast(t("This drawing is full: send it, and go on in another note."), { bad: true });
      return;
    }
    this.#history.set(shapes);
    this.#changed();
  }

  #act(name) {
    if (name === "done" || (name === "leave" && !this.#hand?.cancel())) this.stop();
    if (name === "clear") this.clear();
    if (name === "undo" && !this.#hand?.cancel() && this.#history.undo()) this.#changed();
    if (name === "redo" && this.#history.redo()) this.#changed();
  }

  /** Put away what was drawn; it can be undone. */
  clear() {
    if (!this.value()) return;
    this.#history.set([]);
    this.#changed();
    toast(t("Drawing put away."), { action: t("Undo"), onAction: () => { if (this.#history.undo()) this.#changed(); } });
  }

  #changed() {
    keep(this.draft, this.value() && { body: "drawing", drawing: this.value(), place: this.place });
    this.#tell();
    this.onchange();
  }

  #recall() {
    const kept = recall(this.draft);
    if (!isDrawing(kept?.drawing)) return;
    this.#history = new History(kept.drawing.shapes);
    this.place = Number.isInteger(kept.place?.frame) ? kept.place : null;
  }

  #hide() {
    this.#visible = !this.#visible;
    if (this.#layer) this.#layer.visible = this.#visible;
    this.#tell();
  }

  #tell() {
    const { shapes } = this.#history;
    const place = this.#here === null ? null : this.place;
    this.#layer?.setOwn(shapes, place?.frame ?? null, place?.frame_out ?? place?.frame ?? null);
    this.#bar?.tell(this.#history);
    if (this.#bar) this.#bar.open = this.active;
    for (const button of this.page.querySelectorAll("[data-draw-toggle]")) button.setAttribute("aria-pressed", String(this.active));
    for (const button of this.page.querySelectorAll("[data-draw-visible]")) button.setAttribute("aria-pressed", String(this.#visible));
  }

  #key(event) {
    if (!this.active || document.querySelector("dialog[open]")) return;
    if (event.target.matches?.("textarea, select, input:not([type=range]):not([type=checkbox]), [contenteditable]")) return;
    if (event.target.closest?.("details.menu[open]")) return;
    if (!this.#bar.key(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #click(event) {
    const button = event.target.closest("[data-draw-toggle], [data-draw-visible]");
    if (button && event.detail > 0) button.blur(); // by hand, not by key: so that Space keeps meaning play
    if (button?.matches("[data-draw-toggle]")) this.toggle();
    if (button?.matches("[data-draw-visible]")) this.#hide();
    if (event.target.closest("[data-draw-clear]")) this.clear();
  }
}
