/**
 * One transport for both sides. What is shown is always a pair: the picture of A and the one of B that belongs to
 * it. Standing still, both are sought and both are waited for; while they play, a pair is shown once both pictures
 * have come, and the silent side is led to the pace of the other.
 */

import { middleOf } from "../lib/timecode.js";
import { Mapping } from "./mapping.js";

const SPEEDS = [1, 2, 4, 8];
const FAR = 0.4; // seconds apart after which the follower jumps instead of running
const STARVED = 700; // ms without a pair after which both are played at half the speed
const STEADY = 0.004; // seconds

export class Pair extends EventTarget {
  #wanted = null;
  #asked = null; // the frame that was asked for last, until it is shown
  #working = null;
  #speed = 1;
  #shuttle = 0;
  #matched = 0; // when the last pair was shown, ms
  #turn = 0; // counts what the hands did, so that a shuttle backwards ends with the next thing they do

  /** Emits `shown` (another pair is to be painted), `moving`, `length`. */
  constructor(sides, offset) {
    super();
    this.sides = sides;
    this.sound = 0; // the side that is heard; null for neither
    this.moving = false;
    this.at = 0;
    this.in = null;
    this.out = null;
    this.looping = false;
    this.map(offset);
    for (const side of sides) side.addEventListener("length", () => { this.map(this.offset); this.dispatchEvent(new Event("length")); });
    this.at = this.#both();
  }

  get offset() { return this.mapping.offset; }

  /** Whether there is more than one picture: frames, or pages. */
  get films() { return this.sides.some((side) => side.rate); }

  /** Whether anything moves by itself. */
  get plays() { return this.sides.some((side) => side.video); }

  map(offset) {
    this.mapping = new Mapping(...this.sides.map(({ rate, frames, start }) => ({ rate, frames, start })), offset);
  }

  /** Move B by its own frames, and show what then belongs together. */
  shift(offset) {
    this.map(offset);
    this.dispatchEvent(new Event("length"));
    return this.show(this.at);
  }

  /** Where both are to be seen for the first time. */
  #both() {
    return Math.max(...this.sides.map((side, index) => (side.rate ? this.mapping.from(index, 0) : 0)));
  }

  /** The frames of both at the frame shown; null where a side has none. */
  get pair() { return [0, 1].map((side) => this.mapping.on(side, this.at)); }

  /** The pictures of both; null where there is none. */
  get pictures() { return this.pair.map((frame, side) => (frame === null ? null : this.sides[side].picture(frame))); }

  /** Stop, and show frame `n` of the transport; answers once both have painted it. */
  show(n) {
    this.#halt();
    this.#turn += 1;
    return this.#to(n);
  }

  /** Show the same once more, for its pictures are better now; what was asked for meanwhile stays asked for. */
  refresh() {
    return this.moving ? null : this.#to(this.#asked ?? this.at);
  }

  #to(n) {
    this.#wanted = this.#asked = Math.min(Math.max(n, this.mapping.first), this.mapping.last);
    this.#working ??= this.#work().finally(() => { this.#working = null; });
    return this.#working;
  }

  async #work() {
    while (this.#wanted !== null) {
      const n = this.#wanted;
      this.#wanted = null;
      await Promise.all(this.sides.map((side, index) => this.#stand(side, index, n)));
      if (!this.moving) this.#shown(n);
    }
  }

  #stand(side, index, n) {
    const frame = this.mapping.on(index, n);
    return frame === null ? null : side.show(frame);
  }

  #shown(n) {
    this.at = n;
    if (this.#asked === n) this.#asked = null;
    this.sides.forEach((side, index) => side.hold(this.mapping.on(index, n)));
    this.dispatchEvent(new Event("shown"));
  }

  /** A second step before the picture came counts on. */
  step(count) { return this.show((this.#asked ?? this.at) + count); }

  toggle() {
    if (this.moving || this.#shuttle) this.stop();
    else this.play();
  }

  async play(speed = 1) {
    if (!this.plays) return;
    this.#halt();
    this.#turn += 1;
    const turn = this.#turn;
    const from = this.looping && this.in !== null ? this.in : this.mapping.first;
    await this.#to(this.at >= (this.looping && this.out !== null ? this.out : this.mapping.last) ? from : this.at);
    if (turn !== this.#turn) return;
    this.#speed = speed;
    this.#asked = null;
    this.#matched = performance.now();
    this.#move(true);
    this.sides.forEach((side, index) => { if (side.rate && this.mapping.on(index, this.at) !== null) side.play(speed); });
  }

  /** Stop on the pair that is shown. */
  stop() {
    this.#shuttle = 0;
    return this.show(this.at);
  }

  #halt() {
    for (const side of this.sides) side.video?.pause();
    this.#move(false);
  }

  #move(moving) {
    if (this.moving === moving) return;
    this.moving = moving;
    this.dispatchEvent(new Event("moving"));
  }

  /** J and L: each press is faster, the other way begins anew; backwards is stepped as fast as pictures come. */
  shuttle(direction) {
    const faster = Math.sign(this.#shuttle) === direction ? SPEEDS[Math.min(SPEEDS.length - 1, SPEEDS.indexOf(Math.abs(this.#shuttle)) + 1)] : 1;
    if (!this.plays) return;
    this.#shuttle = direction * faster;
    if (direction > 0) this.play(faster);
    else this.#backwards(faster);
  }

  async #backwards(speed) {
    await this.show(this.at);
    const turn = this.#turn;
    const [from, began] = [this.at, performance.now()];
    const { num, den } = this.mapping.rate;
    while (turn === this.#turn && this.at > this.mapping.first) {
      await this.#to(from - Math.max(1, Math.round(((performance.now() - began) / 1000) * speed * (num / den))));
    }
    if (turn === this.#turn) this.#shuttle = 0;
  }

  /** The loop begins with the frame shown ("in"), or ends with it ("out"). */
  mark(which) {
    this[which] = this.at;
    if (this.in !== null && this.out !== null && this.out < this.in) this[which === "in" ? "out" : "in"] = null;
    this.looping = true;
  }

  unmark() { Object.assign(this, { in: null, out: null, looping: false }); }

  /** Hear one side, or null: neither. */
  hear(side) {
    this.sound = side;
    this.sides.forEach((one, index) => { if (one.video) one.video.muted = index !== side; });
  }

  /** To be called before each drawing: show the newest pair that is whole, keep both at one pace, end at the end. */
  tick() {
    if (!this.moving) return;
    const lead = this.#lead();
    if (lead < 0) {
      this.stop();
      return;
    }
    this.#match(lead);
    this.#follow(lead);
    const now = this.mapping.from(lead, this.sides[lead].frame);
    if (this.looping && this.out !== null && now >= this.out) this.#again();
    else if (this.sides[lead].video.ended || now >= this.mapping.last) this.#finish();
  }

  /** Who leads: the side that is heard, else the first that runs. */
  #lead() {
    const runs = (index) => index !== null && this.sides[index].rate && !this.sides[index].video.paused;
    if (runs(this.sound)) return this.sound;
    const first = [0, 1].find(runs);
    if (first !== undefined) return first;
    return [0, 1].find((index) => this.sides[index].video?.ended) ?? -1;
  }

  #match(lead) {
    const whole = this.sides[lead].keeps.map((frame) => this.mapping.from(lead, frame)).filter((n) => n > this.at && this.#whole(n));
    if (whole.length) {
      this.#matched = performance.now();
      this.#shown(Math.max(...whole));
    } else if (performance.now() - this.#matched > STARVED && this.#speed > 0.25) {
      this.#matched = performance.now();
      this.#speed /= 2; // a slower machine: fewer frames a second, but each of them with the other one's
      for (const side of this.sides) if (side.video) side.video.playbackRate = this.#speed;
    }
  }

  #whole(n) {
    return this.sides.every((side, index) => {
      const frame = this.mapping.on(index, n);
      return frame === null || side.picture(frame) !== null;
    });
  }

  #follow(lead) {
    const leader = this.sides[lead].video;
    const n = this.mapping.from(lead, this.sides[lead].frame);
    this.sides.forEach((side, index) => {
      if (index === lead || !side.rate) return;
      const frame = this.mapping.on(index, n);
      if (frame === null) side.video.pause();
      else if (side.video.paused && !side.video.ended) side.play(this.#speed);
      else this.#pace(side, this.#due(lead, index, leader.currentTime));
    });
  }

  /** Where a side should be, in its own seconds, while the leader is at `seconds`. */
  #due(lead, index, seconds) {
    const rate = this.sides[1].rate ?? this.mapping.rate;
    const shift = (this.mapping.offset * rate.den) / rate.num;
    return index === lead ? seconds : seconds + (index === 1 ? shift : -shift);
  }

  #pace(side, due) {
    const late = due - side.video.currentTime;
    if (Math.abs(late) > FAR) {
      if (!side.video.seeking) side.video.currentTime = Math.max(0, due + 0.05);
      return;
    }
    side.video.playbackRate = Math.abs(late) < STEADY ? this.#speed : this.#speed * (1 + Math.min(0.2, Math.max(-0.2, late * 2)));
  }

  async #finish() {
    this.#shuttle = 0;
    await this.show(this.mapping.last);
  }

  async #again() {
    const speed = this.#speed;
    await this.show(this.in ?? this.mapping.first);
    this.play(speed);
  }

  /** The moment of a frame of the transport, in seconds: for sound and for the slider. */
  seconds(n) { return middleOf(n, this.mapping.rate); }
}
