/**
 * Both pictures in one canvas: side by side, wiped, laid over each other, or their difference. Every mode paints the
 * same two pictures, so none can show another frame than the others. A difference is exact: |A − B| in each channel,
 * doubled as often as the gain says.
 */

import { View } from "./view.js";

const CLOSE = 3; // from this enlargement on single points are shown as they are

export const MODES = ["side", "wipe", "difference", "overlay"];

export class Painter {
  mode = "side";
  wipe = 50; // percent of the picture that is A
  opacity = 50; // percent of B over A
  gain = 0; // the difference is shown 2 to the power of this times as strong

  constructor(canvas) {
    this.canvas = canvas;
    this.brush = canvas.getContext("2d", { alpha: false, willReadFrequently: false });
    this.view = new View();
    this.pictures = [null, null];
    this.fit();
  }

  /** Be as large as the canvas is on screen; whether that changed anything. */
  fit() {
    const scale = devicePixelRatio || 1;
    const [width, height] = [this.canvas.clientWidth * scale, this.canvas.clientHeight * scale].map((one) => Math.max(1, Math.round(one)));
    if (this.canvas.width === width && this.canvas.height === height) return false;
    Object.assign(this.canvas, { width, height });
    return true;
  }

  /** The fields of A and B: halves of the canvas beside or above each other, or all of it twice. */
  get fields() {
    const { width, height } = this.canvas;
    const all = { x: 0, y: 0, width, height };
    if (this.mode !== "side") return [all, all];
    const like = this.#like();
    if (width / height > (like.width / like.height) * 0.9) { // beside each other both are larger
      const half = Math.floor(width / 2);
      return [{ ...all, width: half - 1 }, { ...all, x: width - half + 1, width: half - 1 }];
    }
    const half = Math.floor(height / 2);
    return [{ ...all, height: half - 1 }, { ...all, y: height - half + 1, height: half - 1 }];
  }

  /** Where a side's picture lies in the canvas, in its points; null where there is none. */
  place(side) {
    const picture = this.pictures[side];
    if (!picture) return null;
    const { width, height } = sizeOf(picture);
    return this.view.place(this.fields[side], this.#like(), width, height);
  }

  /** The picture's place in the wipe's edge: x in points of the canvas. */
  get edge() {
    const place = this.place(0) ?? this.place(1) ?? { x: 0, width: this.canvas.width };
    const from = Math.max(0, place.x);
    const to = Math.min(this.canvas.width, place.x + place.width);
    return from + ((to - from) * this.wipe) / 100;
  }

  /** Put the wipe's edge at `x` points of the canvas. */
  wipeTo(x) {
    const place = this.place(0) ?? this.place(1);
    if (!place) return;
    const from = Math.max(0, place.x);
    const to = Math.min(this.canvas.width, place.x + place.width);
    this.wipe = Math.min(100, Math.max(0, ((x - from) / (to - from)) * 100));
  }

  /** Paint a pair; null for a side that has no picture now. */
  paint(pictures = this.pictures) {
    this.pictures = pictures;
    const { brush, canvas } = this;
    Object.assign(brush, { globalAlpha: 1, globalCompositeOperation: "source-over", imageSmoothingEnabled: this.view.zoom < CLOSE, imageSmoothingQuality: "high" });
    brush.fillStyle = "#000";
    brush.fillRect(0, 0, canvas.width, canvas.height);
    this[`_${this.mode}`](brush);
  }

  _side(brush) {
    this.fields.forEach((field, side) => this.#within(brush, field, () => this.#draw(brush, side)));
  }

  _wipe(brush) {
    const { width, height } = this.canvas;
    const edge = this.edge;
    this.#within(brush, { x: 0, y: 0, width: edge, height }, () => this.#draw(brush, 0));
    this.#within(brush, { x: edge, y: 0, width: width - edge, height }, () => this.#draw(brush, 1));
  }

  _overlay(brush) {
    this.#draw(brush, 0);
    brush.globalAlpha = this.pictures[0] ? this.opacity / 100 : 1;
    this.#draw(brush, 1);
    brush.globalAlpha = 1;
  }

  _difference(brush) {
    this.#draw(brush, 0);
    brush.globalCompositeOperation = "difference";
    this.#draw(brush, 1);
    brush.globalCompositeOperation = "lighter"; // adds: the canvas upon itself is twice as strong
    for (let time = 0; time < this.gain; time += 1) brush.drawImage(this.canvas, 0, 0);
    brush.globalCompositeOperation = "source-over";
  }

  #within(brush, { x, y, width, height }, draw) {
    brush.save();
    brush.beginPath();
    brush.rect(x, y, width, height);
    brush.clip();
    draw();
    brush.restore();
  }

  #draw(brush, side) {
    const place = this.place(side);
    if (place) brush.drawImage(this.pictures[side], place.x, place.y, place.width, place.height);
  }

  /** The shape that both are fitted to: A's, or B's without one. */
  #like() {
    const picture = this.pictures[0] ?? this.pictures[1];
    return picture ? sizeOf(picture) : { width: 16, height: 9 };
  }
}

function sizeOf(picture) {
  return { width: picture.naturalWidth || picture.width, height: picture.naturalHeight || picture.height };
}
