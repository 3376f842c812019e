/**
 * Which frame of B belongs to which frame of A, in whole numbers: the same number at the same rate, the frame that
 * is shown in the middle of A's at another one. `offset` moves B by its own frames. Pure.
 */

const STILL = { num: 25, den: 1 };

export class Mapping {
  /** `a` and `b`: {rate: {num, den, nominal} or null for a picture that stands still, frames, start}. */
  constructor(a, b, offset = 0) {
    this.sides = [a, b];
    this.offset = offset;
    const rates = [a.rate ?? b.rate ?? STILL, b.rate ?? a.rate ?? STILL];
    this.rate = rates[0]; // what the one transport counts in
    this.p = BigInt(rates[0].num) * BigInt(rates[1].den);
    this.q = BigInt(rates[1].num) * BigInt(rates[0].den);
  }

  /** Whether both have the same rate, so that equal numbers are equal pictures. */
  get even() {
    return this.p === this.q;
  }

  /** Frame `n` of the transport on a side (0: A, 1: B); null where that has none then, 0 for a still. */
  on(side, n) {
    const { rate, frames } = this.sides[side];
    if (!rate) return 0;
    const frame = side === 0 ? n : this.#toB(n);
    return frame >= 0 && frame < frames ? frame : null;
  }

  /** The transport's frame while a side shows `frame`. */
  from(side, frame) {
    if (side === 0) return frame;
    return floor((2n * BigInt(frame - this.offset) + 1n) * this.p, 2n * this.q);
  }

  #toB(n) {
    return floor((2n * BigInt(n) + 1n) * this.q, 2n * this.p) + this.offset;
  }

  /** The first frame of the transport: where whichever begins first begins. */
  get first() {
    const begins = this.sides.map((side, index) => (side.rate ? this.from(index, 0) : Infinity));
    const first = Math.min(...begins);
    return Number.isFinite(first) ? first : 0;
  }

  /** The last frame of the transport: where whichever ends last ends. */
  get last() {
    const ends = this.sides.map((side, index) => (side.rate ? this.from(index, side.frames - 1) : -Infinity));
    const last = Math.max(...ends);
    return Number.isFinite(last) ? last : 0;
  }
}

/** The offset at which equal source timecodes meet; 0 where one of them has no frames. */
export function byTimecode(a, b) {
  if (!a.rate || !b.rate) return 0;
  if (a.rate.num * b.rate.den === b.rate.num * a.rate.den) return a.start - b.start;
  const seconds = a.start / a.rate.nominal - b.start / b.rate.nominal;
  return Math.round((seconds * b.rate.num) / b.rate.den);
}

/** The offset of a B that begins `seconds` later than A. */
export function bySeconds(b, seconds) {
  return b.rate ? -Math.round((seconds * b.rate.num) / b.rate.den) : 0;
}

function floor(above, below) {
  const whole = above / below;
  return Number(above % below < 0n ? whole - 1n : whole);
}
