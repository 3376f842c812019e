/** Where both pictures lie in the canvas: fitted, enlarged and moved together, in points of the picture. */

const MOST = 32;

export class View {
  zoom = 1;
  x = 0.5; // what part of the picture lies in the middle of its field
  y = 0.5;

  /** The rectangle of a picture of `width` × `height` within `field`, as large as `like` allows. */
  place(field, like, width, height) {
    const whole = contain(like.width, like.height, field.width, field.height);
    const own = contain(width, height, whole.width, whole.height);
    const left = field.x + field.width / 2 - this.x * whole.width * this.zoom;
    const top = field.y + field.height / 2 - this.y * whole.height * this.zoom;
    return {
      x: left + ((whole.width - own.width) / 2) * this.zoom,
      y: top + ((whole.height - own.height) / 2) * this.zoom,
      width: own.width * this.zoom,
      height: own.height * this.zoom,
    };
  }

  /** Enlarge by `factor` round a point given as a part of the whole picture (its middle, without one). */
  enlarge(factor, at = { x: this.x, y: this.y }) {
    const to = Math.min(MOST, Math.max(1, this.zoom * factor));
    const real = to / this.zoom;
    this.x = at.x + (this.x - at.x) / real;
    this.y = at.y + (this.y - at.y) / real;
    this.zoom = to;
    this.#within();
  }

  /** Move the picture by parts of itself. */
  move(x, y) {
    this.x -= x;
    this.y -= y;
    this.#within();
  }

  fit() { Object.assign(this, { zoom: 1, x: 0.5, y: 0.5 }); }

  #within() {
    const edge = 0.5 / this.zoom;
    this.x = Math.min(1 - edge, Math.max(edge, this.x));
    this.y = Math.min(1 - edge, Math.max(edge, this.y));
  }
}

/** The largest `width` × `height` of that shape that fits. */
export function contain(width, height, within, high) {
  const scale = Math.min(within / width, high / height);
  return { width: width * scale, height: height * scale };
}
