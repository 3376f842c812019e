/**
 * Drawings over the picture: those of the notes on the frame on screen, and the one that is being made.
 *
 * An SVG as large as the picture, in units of it, so that it lies right in every window, full screen and zoom.
 */

import { HEIGHT, draw, isDrawing, shapeElements } from "./shapes.js";

export class Layer {
  #notes = []; // {id, first, last, drawing}; first null: on every frame
  #groups = new Map(); // id -> its <g>, as long as drawing and aspect are the same
  #shown = null;
  #selected = null; // {id, seen}: held out until its frame was left
  #visible = true;
  #own = { shapes: [], first: null, last: null, drawn: null };

  /** `player`: a `PlayerApi` of the picture to draw over. */
  constructor(player) {
    this.player = player;
    this.hand = draw("rect", { class: "is-hand", width: "100%", height: "100%" });
    this.notes = draw("g", { class: "is-notes" });
    this.own = draw("g", { class: "is-own" });
    this.svg = draw("svg", { class: "drawings", preserveAspectRatio: "none", "aria-hidden": "true" }, this.hand, this.notes, this.own);
    player.screen.append(this.svg);
    this.ends = [player.onlayout(() => this.place()), player.onframe(() => this.look())];
    this.place();
  }

  end() {
    for (const end of this.ends) end();
    this.svg.remove();
  }

  /** Width to height of the picture. */
  get aspect() {
    return this.across / HEIGHT;
  }

  /** Lie over the picture, wherever that is now. */
  place() {
    const rect = this.player.pictureRect();
    this.svg.toggleAttribute("hidden", !rect);
    if (!rect) return;
    for (const side of ["left", "top", "width", "height"]) this.svg.style[side] = `${rect[side]}px`;
    const { width, height } = this.player.pictureSize;
    const across = (HEIGHT * width) / height;
    if (across === this.across) return;
    this.across = across;
    this.svg.setAttribute("viewBox", `0 0 ${across} ${HEIGHT}`);
    this.#groups.clear();
    this.#own.drawn = null;
    this.#shown = null;
    this.look();
  }

  /** The notes whose drawings are shown; a reply stands where its note stands. */
  set(notes) {
    const below = (note) => note.replies.map((reply) => ({ ...reply, frame: note.frame, frame_out: note.frame_out }));
    this.#notes = notes
      .flatMap((note) => [note, ...below(note)])
      .filter((note) => isDrawing(note.drawing))
      .map((note) => ({ id: note.id, first: note.frame, last: note.frame_out ?? note.frame, drawing: note.drawing }));
    for (const [id, { drawing }] of this.#groups) {
      const known = this.#notes.find((note) => note.id === id);
      if (!known || JSON.stringify(known.drawing) !== drawing) this.#groups.delete(id);
    }
    this.#shown = null;
    this.look();
  }

  /** Hold one note's drawing out; the others stay as shadows. Null for none. */
  select(id) {
    this.#selected = id && { id, seen: false };
    this.#shown = null;
    this.look();
  }

  /** Show the drawings of notes, or put them away. */
  set visible(visible) {
    this.#visible = visible;
    this.#shown = null;
    this.look();
  }

  /** The drawing that is being made, from its first to its last frame (null: on every one). */
  setOwn(shapes, first, last) {
    this.#own = { shapes, first, last, drawn: this.#own.drawn };
    this.look();
  }

  /** Bring what is shown to the frame on screen. */
  look() {
    if (!this.across) return;
    const frame = this.player.currentFrame();
    this.#lookOwn(frame);
    const here = this.#visible ? this.#notes.filter((note) => on(note, frame)) : [];
    const shown = here.map((note) => note.id).join(" ");
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.notes.replaceChildren(...here.map((note) => this.#group(note)));
    this.#holdOut(here);
  }

  #holdOut(here) {
    const id = here.find((note) => note.id === this.#selected?.id)?.id;
    for (const group of this.notes.children) group.classList.toggle("is-behind", Boolean(id) && group.dataset.noteId !== id);
    if (id) this.#selected.seen = true;
    else if (this.#selected?.seen) this.#selected = null;
  }

  #lookOwn(frame) {
    const { shapes, drawn } = this.#own;
    this.own.toggleAttribute("hidden", !on(this.#own, frame));
    if (drawn === shapes) return;
    this.#own.drawn = shapes;
    this.own.replaceChildren(...shapes.flatMap((shape) => shapeElements(shape, this.across)));
  }

  #group(note) {
    const known = this.#groups.get(note.id);
    if (known) return known.group;
    const group = draw("g", { "data-note-id": note.id }, ...note.drawing.shapes.flatMap((shape) => shapeElements(shape, this.across)));
    this.#groups.set(note.id, { group, drawing: JSON.stringify(note.drawing) });
    return group;
  }
}

function on({ first, last }, frame) {
  return first === null || (frame >= first && frame <= last);
}
