/**
 * The player for other scripts: strips under the timeline, notes, drawings, compare. Frames are numbered from 0.
 *
 *     const player = await playerOf(document.querySelector(".player"));
 *     const off = player.onframe((frame) => ...);
 *     await player.seekFrame(120);   // answers once frame 120 is on screen
 *
 * Every view has the same interface. A film's frames are its pictures; a document's are its pages (frame 0 is
 * page 1); sound's are its thousandths of a second; a still has none (`frames` is 0), its notes stand on the whole.
 * `timecode(n)` names one.
 *
 * What is drawn over the picture goes into `player.screen` (positioned; the picture is its lowest layer) at
 * `player.pictureRect()`: CSS pixels from the screen's top left corner, without the bars beside the picture,
 * reaching outside where it is enlarged. `player.onlayout(tell)` is called when that rectangle has changed (window,
 * full screen, zoom, another page). Picture coordinates are 0..1 of it, so they hold for every rung and window.
 *
 * `[data-timeline-strips]` below the scrub bar is as wide as the timeline: what lies at n / frames of its width
 * belongs to frame n (seconds / duration, for sound).
 */

import { toClock } from "../lib/timecode.js";
import { t } from "../lib/words.js";
import { MOMENTS } from "./clock.js";

const players = new WeakMap();

/** What a picture on a stage tells, whatever it shows. */
export class StageApi {
  #picture;

  /** `picture`: a `Picture`. */
  constructor(picture) {
    this.#picture = picture;
  }

  /** The element that overlays go into; the whole of it, bars included, is what `pictureRect()` counts from. */
  get screen() {
    return this.#picture.screen;
  }

  /** The `video` or `img` element, for drawing what is shown onto a canvas. */
  get picture() {
    return this.#picture.element;
  }

  /** Pixels of what is loaded: {width, height}; null before that. Another rung has others. */
  get pictureSize() {
    return this.#picture.size;
  }

  /** Where the picture lies: {left, top, width, height} in CSS pixels from `screen`'s corner; null before it is there. */
  pictureRect() {
    return this.#picture.rect;
  }

  /** Call `tell()` whenever `pictureRect()` has changed; answers a function that ends it. */
  onlayout(tell) {
    const listener = () => tell();
    this.#picture.addEventListener("layout", listener);
    return () => this.#picture.removeEventListener("layout", listener);
  }
}

/** A film or sound. */
export class PlayerApi extends StageApi {
  #clock;
  #transport;

  constructor(clock, transport, picture) {
    super(picture);
    this.#clock = clock;
    this.#transport = transport;
  }

  /** {num, den} frames a second; null for sound. */
  get rate() {
    const { rate } = this.#clock;
    return rate && { num: rate.num, den: rate.den };
  }

  /** How many frames there are; for sound, thousandths of a second. */
  get frames() {
    return this.#clock.rate ? this.#clock.frames : Math.round(this.#clock.duration * MOMENTS);
  }

  /** The length in seconds. */
  get duration() {
    return this.#clock.duration;
  }

  /** The frame on screen. */
  currentFrame() {
    return this.#clock.frame;
  }

  /** What a note without a place stands on, in words. */
  get whole() {
    return t("Whole clip");
  }

  /** Stop playing or shuttling. */
  pause() {
    this.#transport.stop();
  }

  /** Play on from here. */
  play() {
    this.#transport.play();
  }

  /** Whether it plays or shuttles. */
  get moving() {
    return this.#transport.moving;
  }

  /** Stop, and show frame `n` (or the nearest there is); answers the frame that is then on screen. */
  async seekFrame(n) {
    this.#transport.stop();
    if (this.#clock.rate) this.#transport.toFrame(n);
    else this.#transport.seek(n / MOMENTS);
    return this.settled();
  }

  /** Answers the frame on screen once no seek is under way and its picture is drawn. */
  async settled() {
    await this.#transport.settled();
    return this.#clock.frame;
  }

  /** The first and the last frame of the loop that I and O set; null without both. */
  get range() {
    const { in: from, out: to } = this.#transport;
    if (from === null || to === null) return null;
    const rate = this.#clock.rate ?? { num: MOMENTS, den: 1 };
    const frame = (seconds) => Math.round((seconds * rate.num) / rate.den);
    return { frame: frame(from), frame_out: Math.max(frame(from), frame(to) - 1) };
  }

  /** Seconds from the beginning, for sound and for what is no frame's business. */
  currentTime() {
    return this.#clock.video.currentTime;
  }

  /** Go to a moment in seconds, playing on where it plays; a film shows the frame of that moment. */
  seek(seconds) {
    this.#transport.seek(seconds);
  }

  /** The source's timecode of a frame; the time of a moment of sound. */
  timecode(frame) {
    return this.#clock.rate ? this.#clock.label(frame) : toClock(frame / MOMENTS);
  }

  /** Call `tell(frame)` for every frame that comes on screen; answers a function that ends it. */
  onframe(tell) {
    const listener = () => tell(this.#clock.frame);
    this.#clock.addEventListener("frame", listener);
    return () => this.#clock.removeEventListener("frame", listener);
  }
}

/** Make a player's interface known; `root` emits `player`. */
export function announce(root, api) {
  players.set(root, api);
  root.player = api; // for scripts of themes, and for whoever looks from outside
  root.dispatchEvent(new CustomEvent("player", { detail: api, bubbles: true }));
}

/** The interface of a `.player` element, as soon as it has one. */
export function playerOf(root) {
  if (players.has(root)) return Promise.resolve(players.get(root));
  return new Promise((resolve) => { root.addEventListener("player", (event) => resolve(event.detail), { once: true }); });
}
