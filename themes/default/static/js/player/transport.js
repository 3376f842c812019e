/** Play, stop, shuttle, step, loop, speed, volume: what the hands do. Draws nothing. */

import { middleOf } from "../lib/timecode.js";
import { keep, recall } from "./memory.js";
import { Seeks } from "./seeks.js";

const SPEEDS = [1, 2, 4, 8];
const SLOW = 0.25; // what J and L are with K held down
const MEMORY = "volume";
const ARRIVES_IN = 10_000; // milliseconds in which a segment comes
const PAINTED_IN = [1500, 5000]; // milliseconds; then the picture is asked for again, and in the end believed

export class Transport {
  #shuttle = 0; // -8 … 8; 0 is not shuttling
  #seeks;
  #wish = null; // where the reader wanted to be, beyond what is encoded
  #timer = 0;

  constructor(video, clock, source) {
    Object.assign(this, { video, clock, source, in: null, out: null, looping: false, clipped: () => {} });
    this.#recallVolume();
    this.#seeks = new Seeks(video, source);
    video.addEventListener("pause", () => this.#settle());
    video.addEventListener("ended", () => { if (this.looping) this.#again(); });
    video.addEventListener("volumechange", () => this.#keepVolume());
  }

  toggle() {
    if (this.video.paused && !this.#timer) this.play();
    else this.stop();
  }

  play(speed = this.video.defaultPlaybackRate) {
    this.#endReverse();
    this.clock.wanted = null;
    if (this.video.ended || this.#atEnd) this.seek(this.in ?? 0);
    this.video.playbackRate = speed;
    this.video.play().catch((error) => { if (error.name !== "AbortError" && error.name !== "NotAllowedError") throw error; });
  }

  get #atEnd() {
    if (this.clock.rate) return this.video.paused && this.clock.frame >= this.clock.frames - 1;
    return this.video.currentTime >= this.clock.duration - 0.01;
  }

  stop() {
    this.#shuttle = 0;
    this.#endReverse();
    this.video.pause();
    this.video.playbackRate = this.video.defaultPlaybackRate;
  }

  /** J and L: each press is faster, the other way begins anew. */
  shuttle(direction) {
    const faster = Math.sign(this.#shuttle) === direction ? SPEEDS[Math.min(SPEEDS.length - 1, SPEEDS.indexOf(Math.abs(this.#shuttle)) + 1)] : 1;
    this.#shuttle = direction * faster;
    if (direction > 0) this.play(faster);
    else this.#reverse(faster);
  }

  /** Slow motion, forward or back. */
  crawl(direction) {
    this.#shuttle = 0;
    if (direction > 0) this.play(SLOW);
    else this.#reverse(SLOW);
  }

  /** Browsers play no video backwards: it is stepped, as fast as pictures come. */
  #reverse(speed) {
    this.video.pause();
    this.#endReverse();
    const from = this.video.currentTime;
    const began = performance.now();
    this.#timer = setInterval(() => {
      const time = from - ((performance.now() - began) / 1000) * speed;
      this.seek(Math.max(0, time));
      if (time <= 0) this.stop();
    }, 40);
  }

  #endReverse() {
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  get moving() {
    return !this.video.paused || this.#timer !== 0;
  }

  /** A playback that stops does so between two frames: stand in the middle of the one that is on screen. */
  #settle() {
    if (!this.clock.rate || this.#timer || this.video.ended || this.video.seeking) return;
    this.seek(middleOf(this.clock.frame, this.clock.rate));
  }

  step(count) {
    this.stop();
    const to = this.clock.stepped(count);
    const { wanted } = this.clock;
    this.seek(to);
    this.clock.wanted = wanted;
  }

  /** Seek within what exists; `clipped(true)` is called where the encode has not come so far. */
  seek(seconds) {
    this.clock.wanted = null;
    const made = this.source.made;
    const whole = made >= this.clock.duration - 0.5;
    const limit = whole ? this.clock.duration : Math.max(0, made - 1);
    const beyond = seconds > limit + 0.5 && !whole;
    this.#wish = beyond ? seconds : null;
    this.clipped(beyond);
    this.#seeks.to(this.clock.inside(Math.min(Math.max(0, seconds), limit)));
  }

  /** Go where the reader wanted to be, once the encode has come so far and nothing else was asked meanwhile. */
  catchUp() {
    if (this.#wish === null || !this.video.paused) return;
    if (this.source.made - 1 >= Math.min(this.#wish, this.clock.duration - 1)) this.seek(this.#wish);
  }

  /** Show a frame, or the nearest there is. */
  toFrame(frame) {
    this.seek(middleOf(this.clock.within(frame), this.clock.rate));
  }

  /**
   * Draw the picture anew, from the rung that is loaded now: the one of where the film stands, for on a busy machine
   * the clock still tells the frame from before the last seek.
   */
  redraw() {
    if (this.clock.rate && !this.busy) this.seek(this.video.currentTime);
  }

  /** Answers once no seek is under way and the picture of the last one is drawn. */
  async settled() {
    while (this.busy) {
      await within(ARRIVES_IN, () => !this.busy);
      this.#seeks.giveUp(); // nobody waits for ever
    }
    await new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
    if (this.busy) await this.settled();
    else await this.#drawn();
  }

  /**
   * A busy browser says "seeked" before it has painted, and at times does not paint at all or tells of no frame: wait
   * for the frame itself, seek again where it does not come, but not for ever.
   */
  async #drawn() {
    const { clock, video } = this;
    const stale = () => video.paused && !this.busy && clock.behind;
    for (const patience of PAINTED_IN) {
      await within(patience, () => !stale());
      if (!stale()) return;
      this.#seeks.to(clock.inside(video.currentTime));
      await within(ARRIVES_IN, () => !video.seeking);
    }
    if (stale()) clock.believe();
  }

  /** Whether a seek is under way or still to come. */
  get busy() {
    return this.#seeks.busy;
  }

  /** The loop begins with the frame on screen ("in"), or ends with it ("out"). */
  mark(which) {
    const { rate, frame } = this.clock;
    const here = rate ? ((frame + (which === "out" ? 1 : 0)) * rate.den) / rate.num : this.video.currentTime;
    this[which] = here;
    if (this.in !== null && this.out !== null && this.out <= this.in) this[which === "in" ? "out" : "in"] = null;
    this.looping = this.in !== null || this.out !== null || this.looping;
  }

  /** Forget one end of the loop, or without `which` both. */
  unmark(which) {
    if (which) this[which] = null;
    else Object.assign(this, { in: null, out: null });
    if (this.in === null && this.out === null) this.looping = false;
  }

  /** Stand where the loop begins ("in") or on its last frame ("out"). */
  toMark(which) {
    if (this[which] === null) return;
    const { rate } = this.clock;
    this.stop();
    if (!rate) this.seek(this[which]);
    else this.toFrame(Math.round((this[which] * rate.num) / rate.den) - (which === "out" ? 1 : 0));
  }

  /** The looped span in seconds, or null. */
  get loop() {
    return this.looping ? [this.in ?? 0, this.out ?? this.clock.duration] : null;
  }

  /** To be called before each drawing: turn back where the loop ends. */
  turn() {
    if (this.looping && !this.video.paused && this.out !== null && this.video.currentTime >= this.out) this.#again();
  }

  #again() {
    this.seek(this.in ?? 0);
    this.video.play();
  }

  speed(rate) {
    this.video.defaultPlaybackRate = rate;
    this.video.playbackRate = rate;
  }

  volume(value) {
    this.video.volume = Math.min(1, Math.max(0, value));
    this.video.muted = this.video.volume === 0;
  }

  #recallVolume() {
    const kept = recall(MEMORY, ({ volume }) => volume >= 0 && volume <= 1, { volume: 1, muted: false });
    this.video.volume = kept.volume;
    this.video.muted = kept.muted === true;
  }

  #keepVolume() {
    const { volume, muted } = this.video;
    keep(MEMORY, { volume, muted });
  }
}

/** Look at every frame of the screen whether it is so far, for some milliseconds at most. */
async function within(milliseconds, done) {
  const until = performance.now() + milliseconds;
  while (!done() && performance.now() < until) await new Promise(requestAnimationFrame);
}
