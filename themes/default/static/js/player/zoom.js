/**
 * A picture larger and smaller: wheel, pinch, drag, double click. The point under the hand stays where it is, and
 * no edge of a picture that is larger than the stage comes inside of it.
 */

const WHEEL = 0.0016; // of a doubling and a half for each unit of the wheel
const PINCH = 0.01; // the same for a touchpad's pinch, which browsers tell as a wheel with Ctrl
const STEP = 1.25;
const MOST = 16; // screen pixels of a picture's pixel
const TAP = 4; // CSS pixels that a click may move

/** A zoom of `scale` that keeps the point at (x, y) from the middle of the stage where it is. */
export function zoomedAt(zoom, scale, x, y) {
  const grown = scale / zoom.scale;
  return { scale, x: x - (x - zoom.x) * grown, y: y - (y - zoom.y) * grown };
}

/** The same zoom, moved so that the stage is filled as far as the picture reaches. */
export function within(zoom, fitted, width, height) {
  const room = (size, stage) => Math.max(0, (size * zoom.scale - stage) / 2);
  const bound = (at, most) => Math.min(most, Math.max(-most, at)) || 0;
  return { scale: zoom.scale, x: bound(zoom.x, room(fitted.width, width)), y: bound(zoom.y, room(fitted.height, height)) };
}

export class Zoom {
  #hands = new Map(); // pointer -> where it is
  #moved = 0;

  /**
   * `picture`: a `Picture`. `wheel`: whether the wheel alone enlarges (else only with Ctrl or a pinch). `actual()`
   * answers the scale at which a pixel of the picture is one of the screen, null while nobody knows. `tell()` is
   * called when the zoom has changed.
   */
  constructor(picture, { wheel = true, actual = () => null, tell = () => {} } = {}) {
    Object.assign(this, { picture, wheel, actual, tell });
    const { screen } = picture;
    this.ends = new AbortController();
    const on = (name, act, options = {}) => screen.addEventListener(name, act, { signal: this.ends.signal, ...options });
    on("wheel", (event) => this.#wheeled(event), { passive: false });
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) on(name, (event) => this.#up(event));
    on("click", (event) => { if (this.#moved > TAP) event.stopImmediatePropagation(); this.#moved = 0; }, { capture: true });
    picture.addEventListener("layout", () => this.#bounded(), { signal: this.ends.signal });
  }

  end() {
    this.ends.abort();
    this.picture.screen.classList.remove("enlarged");
  }

  get scale() {
    return this.picture.zoom.scale;
  }

  /** The whole picture. */
  fit() {
    this.#place({ scale: 1, x: 0, y: 0 });
  }

  /** Enlarge to `scale` (1 is the whole picture) at a point from the middle of the stage. */
  to(scale, x = 0, y = 0) {
    const actual = this.actual() ?? 1;
    const bounded = Math.min(Math.max(MOST * actual, MOST), Math.max(Math.min(1, actual), scale));
    this.#place(zoomedAt(this.picture.zoom, bounded, x, y));
  }

  larger() {
    this.to(this.scale * STEP);
  }

  smaller() {
    this.to(this.scale / STEP);
  }

  /** Move by parts of the stage, where there is anything beyond its edge; answers whether it is enlarged. */
  pan(x, y) {
    if (this.scale <= 1) return false;
    const { clientWidth, clientHeight } = this.picture.screen;
    const { zoom } = this.picture;
    this.#place({ scale: zoom.scale, x: zoom.x - x * clientWidth, y: zoom.y - y * clientHeight });
    return true;
  }

  #place(zoom) {
    const { fitted, screen } = this.picture;
    if (!fitted) return;
    this.picture.place(within(zoom, fitted, screen.clientWidth, screen.clientHeight));
    screen.classList.toggle("enlarged", this.scale > 1);
    this.tell();
  }

  /** The stage has another size: what is enlarged stays inside its bounds. */
  #bounded() {
    const { zoom, fitted, screen } = this.picture;
    if (!fitted || zoom.scale === 1) return;
    const bound = within(zoom, fitted, screen.clientWidth, screen.clientHeight);
    if (bound.x !== zoom.x || bound.y !== zoom.y) this.picture.place(bound);
  }

  #fromMiddle({ clientX, clientY }) {
    const { left, top, width, height } = this.picture.screen.getBoundingClientRect();
    return [clientX - left - width / 2, clientY - top - height / 2];
  }

  #wheeled(event) {
    if (!this.wheel && !event.ctrlKey) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const by = Math.exp(-event.deltaY * lines * (event.ctrlKey ? PINCH : WHEEL));
    this.to(this.scale * by, ...this.#fromMiddle(event));
  }

  /** Only what begins on the picture or beside it: what is drawn over it has its own hands. */
  #down(event) {
    const { screen, element } = this.picture;
    if (this.#hands.size === 0) this.#moved = 0;
    if (event.button !== 0 || (event.target !== screen && event.target !== element)) return;
    this.#hands.set(event.pointerId, event);
  }

  #move(event) {
    const was = this.#hands.get(event.pointerId);
    if (!was) return;
    if (this.#hands.size === 1) this.#dragged(was, event);
    else this.#pinched(was, event);
    this.#hands.set(event.pointerId, event);
  }

  #dragged(was, event) {
    this.#moved += Math.hypot(event.clientX - was.clientX, event.clientY - was.clientY);
    if (this.scale <= 1 || this.#moved <= TAP) return;
    if (!this.picture.screen.hasPointerCapture(event.pointerId)) this.picture.screen.setPointerCapture(event.pointerId);
    const { scale, x, y } = this.picture.zoom;
    this.#place({ scale, x: x + event.clientX - was.clientX, y: y + event.clientY - was.clientY });
  }

  #pinched(was, event) {
    const other = [...this.#hands.entries()].find(([id]) => id !== event.pointerId)[1];
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const middle = (one) => this.#fromMiddle({ clientX: (one.clientX + other.clientX) / 2, clientY: (one.clientY + other.clientY) / 2 });
    this.#moved = TAP + 1;
    const [fromX, fromY] = middle(was);
    const [toX, toY] = middle(event);
    this.to((this.scale * apart(event)) / Math.max(1, apart(was)), fromX, fromY);
    const { scale, x, y } = this.picture.zoom;
    this.#place({ scale, x: x + toX - fromX, y: y + toY - fromY });
  }

  #up(event) {
    this.#hands.delete(event.pointerId);
  }
}
