/** A pen's stroke while it comes: points of 0..1, evened out, and made few when it ends without changing its look. */

const EVEN = 0.35; // of the way that a point is drawn to the one before it
const NEAR = 0.0008; // of the picture's height; two pixels of 2160 lines
const DIGITS = 1e4;

const rounded = (value) => Math.round(value * DIGITS) / DIGITS;

export class Stroke {
  #points = [];
  #here = null; // where the hand is, which the evened line follows

  /** `aspect`: width to height of the picture. */
  constructor(aspect) {
    this.aspect = aspect;
  }

  /** The next place, with how hard it was pressed where that is known (0..1, else null). */
  add([x, y], pressure = null) {
    const last = this.#points.at(-1);
    this.#here = pressure === null ? [x, y] : [x, y, pressure];
    const [evenX, evenY] = last ? [x + (last[0] - x) * EVEN, y + (last[1] - y) * EVEN] : [x, y];
    if (last && this.#apart(last, [evenX, evenY]) < NEAR / 2) return;
    this.#points.push(pressure === null ? [evenX, evenY] : [evenX, evenY, pressure]);
  }

  /** As it is now, every point of it. */
  get points() {
    return this.#points;
  }

  /** As it is kept, at most `most` points: those that the line needs, to the ten-thousandth. */
  finished(most = 2000) {
    let near = NEAR;
    const all = this.#apart(this.#points.at(-1), this.#here) > NEAR ? [...this.#points, this.#here] : this.#points;
    let kept = simplified(all, near, this.aspect);
    while (kept.length > most) kept = simplified(all, (near *= 2), this.aspect);
    return kept.map(([x, y, ...pressure]) => [rounded(x), rounded(y), ...pressure.map((one) => Math.round(one * 100) / 100)]);
  }

  #apart(one, other) {
    return Math.hypot((one[0] - other[0]) * this.aspect, one[1] - other[1]);
  }
}

/** Points without which the line stays within `near` heights of where it was (Ramer, Douglas, Peucker). */
export function simplified(points, near, aspect) {
  if (points.length < 3) return points;
  const keep = new Set([0, points.length - 1]);
  const open = [[0, points.length - 1]];
  while (open.length > 0) {
    const [first, last] = open.pop();
    const [at, far] = farthest(points, first, last, aspect);
    if (far > near) {
      keep.add(at);
      open.push([first, at], [at, last]);
    }
  }
  return points.filter((_, number) => keep.has(number));
}

function farthest(points, first, last, aspect) {
  const found = [first, 0];
  for (let at = first + 1; at < last; at += 1) {
    const far = fromLine(points[at], points[first], points[last], aspect);
    if (far > found[1]) found.splice(0, 2, at, far);
  }
  return found;
}

/** How far a point lies from the piece of line between two, and how far its pressure from theirs, in heights. */
function fromLine(point, from, to, aspect) {
  const [x, y] = [(to[0] - from[0]) * aspect, to[1] - from[1]];
  const [atX, atY] = [(point[0] - from[0]) * aspect, point[1] - from[1]];
  const length = x * x + y * y;
  const along = length ? Math.min(1, Math.max(0, (atX * x + atY * y) / length)) : 0;
  const pressed = point.length > 2 ? Math.abs(point[2] - (from[2] + (to[2] - from[2]) * along)) / 100 : 0;
  return Math.max(Math.hypot(atX - x * along, atY - y * along), pressed);
}
