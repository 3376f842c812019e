/** Hands on the picture: drag moves it (or the wipe's edge), a pinch or the wheel enlarges it, two taps fit it. */

const GRIP = 28; // px beside the wipe's edge that take hold of it

/** `painter`, and what to call once something changed: `changed()`, and `looked()` on a close look. */
export function watchHands(stage, painter, { changed, looked }) {
  const held = new Map();
  let wiping = false;
  let spread = 0;
  const scale = () => painter.canvas.width / (painter.canvas.clientWidth || 1);
  const spot = (event) => {
    const box = painter.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) * scale(), y: (event.clientY - box.top) * scale() };
  };
  const part = (point) => {
    const side = painter.mode === "side" && inside(painter.fields[1], point) ? 1 : 0;
    const place = painter.place(side) ?? painter.place(1 - side);
    return place ? { x: (point.x - place.x) / place.width, y: (point.y - place.y) / place.height } : { x: 0.5, y: 0.5 };
  };
  const enlarge = (factor, at) => {
    painter.view.enlarge(factor, at);
    if (painter.view.zoom > 1.4) looked();
    changed();
  };
  const down = (event) => {
    if (event.button !== 0 || event.target.closest("button, a, input, select")) return;
    const point = spot(event);
    held.set(event.pointerId, point);
    wiping = held.size === 1 && painter.mode === "wipe" && Math.abs(point.x - painter.edge) < GRIP * scale();
    spread = 0;
    stage.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  const move = (event) => {
    const from = held.get(event.pointerId);
    if (!from) return;
    const to = spot(event);
    held.set(event.pointerId, to);
    if (held.size === 2) {
      const [one, two] = [...held.values()];
      const apart = Math.hypot(one.x - two.x, one.y - two.y);
      if (spread) enlarge(apart / spread, part({ x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 }));
      spread = apart;
    } else if (wiping) painter.wipeTo(to.x);
    else {
      const place = painter.place(0) ?? painter.place(1);
      if (place) painter.view.move((to.x - from.x) / place.width, (to.y - from.y) / place.height);
    }
    changed();
  };
  const up = (event) => { held.delete(event.pointerId); spread = 0; wiping = false; };
  const wheel = (event) => {
    event.preventDefault();
    enlarge(Math.exp(-event.deltaY / 400), part(spot(event)));
  };
  const fit = () => { painter.view.fit(); changed(); };
  const handlers = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up, wheel, dblclick: fit };
  for (const [name, handler] of Object.entries(handlers)) stage.addEventListener(name, handler, { passive: false });
  return { enlarge: (factor) => enlarge(factor), fit };
}

function inside({ x, y, width, height }, point) {
  return point.x >= x && point.x < x + width && point.y >= y && point.y < y + height;
}
