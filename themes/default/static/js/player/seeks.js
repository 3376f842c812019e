/**
 * Seeks of one video element: one at a time, and made again where the browser went astray.
 *
 * Browsers take a seek to just before what is loaded for one to its beginning, and show the frame after the one asked
 * for. So it is made again once the segment is there.
 */

const NEAR = 0.5; // seconds; browsers bridge two frames at most

export class Seeks {
  #video;
  #pending = null; // where to go once the seek under way is done
  #missing = null; // a position that was seeked to before its segment was there

  /** `source` emits `buffered` when something was loaded. */
  constructor(video, source) {
    this.#video = video;
    video.addEventListener("seeked", () => this.#arrived());
    source.addEventListener("buffered", () => this.#complete());
  }

  /** Go to a moment in seconds; while a seek is under way only the latest wish is kept. */
  to(seconds) {
    this.#pending = seconds;
    if (!this.#video.seeking) this.#next();
  }

  /** Whether a seek is under way or still to come. */
  get busy() {
    return this.#video.seeking || this.#pending !== null || this.#missing !== null;
  }

  /** Wait no longer for a segment that does not come: what is shown is what there is. */
  giveUp() {
    if (!this.#video.seeking) this.#missing = null;
  }

  #next() {
    if (this.#pending === null) return;
    const seconds = this.#pending;
    this.#pending = this.#missing = null;
    this.#video.currentTime = seconds;
  }

  #arrived() {
    const { buffered, currentTime, paused } = this.#video;
    this.#missing = paused && this.#pending === null && justBefore(buffered, currentTime) ? currentTime : null;
    this.#next();
  }

  #complete() {
    if (this.#missing === null || this.#video.seeking || justBefore(this.#video.buffered, this.#missing)) return;
    this.#video.currentTime = this.#missing;
    this.#missing = null;
  }
}

/** Whether a position is not loaded, but what follows it at once is. */
function justBefore(buffered, seconds) {
  let follows = false;
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= seconds && seconds < buffered.end(index)) return false;
    follows ||= buffered.start(index) > seconds && buffered.start(index) - seconds < NEAR;
  }
  return follows;
}
