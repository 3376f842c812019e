/**
 * Frames and labels of one clip: which frame is on screen, what it is called, where to seek for it.
 *
 * Frame n of every rung is shown from n / rate until (n + 1) / rate; seeks go to the middle of that, where no
 * rounding leads to a neighbour. The frame on screen is what the browser says it has drawn
 * (requestVideoFrameCallback); a browser without that is believed its playback position instead.
 */

import { frameAt, frameOn, fromLabel, middleOf, parseRate, toClock, toLabel } from "../lib/timecode.js";
import { keep, recall } from "./memory.js";

const MEMORY = "counting";
/** Moments in a second of sound: what a note on it stands at. */
export const MOMENTS = 1000;
export const COUNTINGS = ["timecode", "frames", "seconds"];

export class Clock extends EventTarget {
  #watched = false;
  #counted = 0;

  /** `media`: {duration, frameRate, startTimecode, dropFrame} of the version; rate absent for sound. Emits `frame`. */
  constructor(video, { duration, frameRate, startTimecode, dropFrame }) {
    super();
    this.video = video;
    this.rate = parseRate(frameRate);
    this.known = duration || 0;
    this.dropFrame = dropFrame;
    this.start = (this.rate && fromLabel(startTimecode, this.rate)) || 0;
    this.frame = 0;
    this.wanted = null; // the frame a step asked for, until it is on screen
    this.counting = recall(MEMORY, (kept) => COUNTINGS.includes(kept), "timecode");
    this.#watched = typeof video.requestVideoFrameCallback === "function";
    if (this.rate && this.#watched) this.#watch();
    // A busy browser drops the last callbacks; what stands there at the end is the last frame (HTML, "current frame").
    if (this.rate) video.addEventListener("ended", () => this.#draws(this.frames - 1));
  }

  #watch() {
    this.video.requestVideoFrameCallback((_, meta) => {
      this.#draws(frameAt(meta.mediaTime, this.rate));
      this.#watch();
    });
  }

  #draws(frame) {
    this.frame = Math.max(0, frame);
    if (this.frame === this.wanted) this.wanted = null;
    this.dispatchEvent(new Event("frame"));
  }

  /** To be called before each drawing: where the browser tells of no frames, its position has to do. */
  look() {
    if (!this.rate) this.#heard();
    if (!this.rate || this.#watched || this.video.seeking) return;
    if (this.behind) this.believe();
  }

  /** Whether the frame that was told of last is another than the one where the film stands; never for sound. */
  get behind() {
    return Boolean(this.rate) && this.frame !== this.#position;
  }

  /** Take the playback position for the frame on screen. */
  believe() {
    this.#draws(this.#position);
  }

  get #position() {
    return Math.min(frameOn(this.video.currentTime, this.rate), this.frames - 1);
  }

  /** Sound has moments, not frames: `frame` is the thousandth of a second. */
  #heard() {
    const moment = Math.floor(this.video.currentTime * MOMENTS);
    if (moment !== this.frame) this.#draws(moment);
  }

  /** The length in seconds that the finished preview has; what its metadata told before was a container's word. */
  counted(seconds) {
    if (this.rate) this.#counted = Math.round((seconds * this.rate.num) / this.rate.den);
    else this.known = seconds;
  }

  /** Seconds the whole clip lasts: from its metadata before the encode ends, then of the frames there are. */
  get duration() {
    if (this.#counted) return (this.#counted * this.rate.den) / this.rate.num;
    return this.known || (Number.isFinite(this.video.duration) ? this.video.duration : 0);
  }

  /** How many frames; 0 for sound. */
  get frames() {
    return this.rate ? this.#counted || Math.max(1, Math.round((this.known * this.rate.num) / this.rate.den)) : 0;
  }

  /** What the frame on screen (the moment, for sound) is called in the counting that was chosen. */
  get now() {
    return this.rate ? this.name(this.frame) : toClock(this.video.currentTime);
  }

  /** What is shown at a moment in seconds. */
  at(seconds) {
    return this.rate ? this.name(Math.min(frameOn(seconds, this.rate), this.frames - 1)) : toClock(seconds);
  }

  /** How long it is, counted from zero. */
  get length() {
    if (!this.rate) return toClock(this.duration);
    return this.counting === "timecode" ? toLabel(this.frames, this.rate, this.dropFrame) : this.name(this.frames);
  }

  /** A frame in the counting that was chosen: source timecode, number from 0, or seconds from 0. */
  name(frame) {
    if (this.counting === "frames") return String(frame);
    if (this.counting === "seconds") return toClock((frame * this.rate.den) / this.rate.num);
    return this.label(frame);
  }

  /** The source's timecode of a frame. */
  label(frame) {
    return toLabel(frame + this.start, this.rate, this.dropFrame);
  }

  /** Count in timecode, frames or seconds from now on, also the next time. */
  count(counting) {
    this.counting = counting;
    keep(MEMORY, counting);
    this.dispatchEvent(new Event("frame"));
  }

  /** The nearest frame that there is. */
  within(frame) {
    return Math.min(Math.max(0, frame), this.frames - 1);
  }

  /** Where to seek so that the picture is the one shown at `seconds`: the middle of that frame. */
  inside(seconds) {
    return this.rate ? middleOf(this.within(frameOn(seconds, this.rate)), this.rate) : seconds;
  }

  /** Where to seek to stand on `count` frames (tenths of a second, for sound) further. */
  stepped(count) {
    if (!this.rate) return Math.max(0, this.video.currentTime + count / 10);
    const from = this.wanted ?? this.frame; // a second step before the picture came counts on
    this.wanted = this.within(from + count);
    return middleOf(this.wanted, this.rate);
  }
}
