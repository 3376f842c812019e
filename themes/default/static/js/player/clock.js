/** Frames and labels of one clip: which frame is on screen, what it is called, where to seek for it. */

import { frameAt, fromLabel, middleOf, parseRate, toClock, toLabel } from "../lib/timecode.js";

export class Clock {
  /** `media`: {duration, frameRate, startTimecode, dropFrame} of the version; rate absent for sound. */
  constructor(video, { duration, frameRate, startTimecode, dropFrame }) {
    this.video = video;
    this.rate = parseRate(frameRate);
    this.known = duration || 0;
    this.dropFrame = dropFrame;
    this.start = (this.rate && fromLabel(startTimecode, this.rate)) || 0;
    this.frame = 0;
    this.wanted = null; // the frame a step asked for, until it is on screen
    if (this.rate && video.requestVideoFrameCallback) this.#watch();
  }

  #watch() {
    this.video.requestVideoFrameCallback((_, meta) => {
      this.frame = Math.max(0, frameAt(meta.mediaTime, this.rate));
      if (this.frame === this.wanted) this.wanted = null;
      this.onFrame?.();
      this.#watch();
    });
  }

  /** Seconds the whole clip lasts, from its metadata: known before the encode ends. */
  get duration() {
    return this.known || (Number.isFinite(this.video.duration) ? this.video.duration : 0);
  }

  get frames() {
    return this.rate ? Math.max(1, Math.round((this.duration * this.rate.num) / this.rate.den)) : 0;
  }

  /** The time code of the frame on screen (of the moment, for sound). */
  get now() {
    return this.rate ? this.label(this.frame) : toClock(this.video.currentTime);
  }

  /** The time code of a moment in seconds. */
  at(seconds) {
    return this.rate ? this.label(Math.floor((seconds * this.rate.num) / this.rate.den + 1e-6)) : toClock(seconds);
  }

  /** How long it is, as a label counted from zero. */
  get length() {
    return this.rate ? toLabel(this.frames, this.rate, this.dropFrame) : toClock(this.duration);
  }

  label(frame) {
    return toLabel(frame + this.start, this.rate, this.dropFrame);
  }

  /** Where to seek to stand on `count` frames (tenths of a second, for sound) further. */
  stepped(count) {
    if (!this.rate) return Math.max(0, this.video.currentTime + count / 10);
    const from = this.wanted ?? this.frame; // a second step before the picture came counts on
    this.wanted = Math.min(Math.max(0, from + count), this.frames - 1);
    return middleOf(this.wanted, this.rate);
  }
}
