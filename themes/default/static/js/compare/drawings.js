/**
 * What was drawn on both, over the pair that is painted: each drawing on its side, at exactly its frame.
 *
 * A side's drawings lie in a box as large as its part of the canvas, so that neither reaches into the other's: the
 * half beside the other, the part on its side of the wipe's edge, all of it where both lie on each other.
 */

import { Layer } from "../draw/layer.js";
import { make } from "../lib/ui.js";

export class BothDrawings {
  /** `stage`: what holds the canvas that `painter` paints; `pair`: whose frames are shown. */
  constructor(stage, painter, pair) {
    this.views = [0, 1].map((side) => new SideView(stage, painter, pair, side));
  }

  /** The notes of both, each with its `side`. */
  set(notes) {
    this.views.forEach((view, side) => view.layer.set(notes.filter((note) => note.side === side)));
  }

  /** Bring them to what was just painted. */
  look() {
    for (const view of this.views) view.look();
  }

  end() {
    for (const view of this.views) view.layer.end();
  }
}

/** One side's picture as a `Layer` sees it: where it lies, how large it is, which frame is on screen. */
class SideView {
  constructor(stage, painter, pair, side) {
    Object.assign(this, { painter, pair, side });
    this.screen = make("div", { class: "compare-drawings", "data-drawings": "ab"[side], "aria-hidden": "true" });
    stage.append(this.screen);
    this.layer = new Layer(this);
  }

  look() {
    this.#clip();
    this.layer.place();
    this.layer.look();
  }

  /** In points of the screen, from the corner of the side's box. */
  pictureRect() {
    const place = this.currentFrame() === null ? null : this.painter.place(this.side);
    if (!place) return null;
    const { x, y } = this.#box();
    const { scale } = this;
    return { left: (place.x - x) * scale, top: (place.y - y) * scale, width: place.width * scale, height: place.height * scale };
  }

  get pictureSize() {
    const { width, height } = this.painter.place(this.side);
    return { width, height };
  }

  /** CSS pixels in a point of the canvas. */
  get scale() {
    return this.painter.canvas.clientWidth / this.painter.canvas.width;
  }

  currentFrame() {
    return this.pair.pair[this.side];
  }

  onlayout() {
    return () => {}; // told by look()
  }

  onframe() {
    return () => {};
  }

  #box() {
    const field = this.painter.fields[this.side];
    if (this.painter.mode !== "wipe") return field;
    const { edge } = this.painter;
    return this.side === 0 ? { ...field, width: edge } : { ...field, x: edge, width: field.width - edge };
  }

  #clip() {
    const { x, y, width, height } = this.#box();
    const { scale } = this;
    Object.assign(this.screen.style, { left: `${x * scale}px`, top: `${y * scale}px`, width: `${width * scale}px`, height: `${height * scale}px` });
  }
}
