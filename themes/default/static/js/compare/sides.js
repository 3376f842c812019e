/**
 * One side of a comparison: a film whose pictures are kept with the number of their frame, or a still.
 *
 * A picture is taken in the very callback that names its frame, so what is painted later is what the number says;
 * a few are kept, for the other side shows the same frame a moment sooner or later.
 */

import { Clock } from "../player/clock.js";
import { Seeks } from "../player/seeks.js";
import { Source } from "../player/source.js";
import { Paged } from "./paged.js";
import { frameAt, middleOf } from "../lib/timecode.js";

const KEPT = 8;
const PAINTED_IN = 8000; // ms of waiting after which a frame is not waited for any longer
const LOOK_AGAIN = 1000; // ms of waiting after which it is looked at what there is, and sought again
const STOPPED = 100; // ms; what lies between two drawings beyond this the machine was busy, nobody waited

/** Both sides from their elements: two documents are compared page by page, whatever else shows one picture. */
export function openSides(roots) {
  const pages = roots.map((root) => Number(root.dataset.pages) || 1);
  const paged = Math.max(...pages) > 1 && roots.every((root) => "paged" in root.dataset && root.querySelector("img"));
  return roots.map((root) => (paged ? new Paged(root) : openSide(root)));
}

/** A side from its element; emits `picture` (a frame was kept), `length`, `rungs`, `redraw`, `broken` (detail: a sentence). */
function openSide(root) {
  if (root.querySelector("video")) return new Film(root);
  return root.querySelector("img") ? new Still(root) : new Nothing();
}

export class Film extends EventTarget {
  #kept = new Map(); // frame → {canvas, still, rung}
  #spare = [];
  #seeks;
  #sought = false; // since it last played
  #held = null; // the frame that is shown: its picture stays, however many come after it
  #short = 0; // the chosen rung's short side, in lines

  constructor(root) {
    super();
    this.root = root;
    this.video = root.querySelector("video");
    const { duration, frameRate, startTimecode, dropFrame, versionId } = root.dataset;
    this.clock = new Clock(this.video, { duration: Number(duration) || 0, frameRate, startTimecode, dropFrame: dropFrame === "true" });
    this.source = new Source(this.video, versionId);
    this.clock.addEventListener("frame", () => this.#take());
    this.#seeks = new Seeks(this.video, this.source);
    this.video.addEventListener("play", () => { this.#sought = false; });
    this.source.addEventListener("broken", ({ detail }) => this.dispatchEvent(new CustomEvent("broken", { detail })));
    this.source.addEventListener("redraw", () => this.dispatchEvent(new Event("redraw")));
    this.source.addEventListener("levels", () => this.dispatchEvent(new Event("rungs")));
    this.source.addEventListener("length", ({ detail }) => { this.clock.counted(detail); this.dispatchEvent(new Event("length")); });
  }

  get rate() { return this.clock.rate; }

  get frames() { return this.clock.frames; }

  get start() { return this.clock.start; }

  /** The frame on screen of the element itself; nobody sees that, it only feeds `picture`. */
  get frame() { return this.clock.frame; }

  label(frame) { return this.rate ? this.clock.label(frame) : ""; }

  load() { return this.source.load(0); }

  end() {
    this.video.pause();
    this.source.end();
  }

  /** The picture of a frame, if it is kept. */
  picture(frame) {
    return this.#kept.get(frame)?.canvas ?? null;
  }

  /** The numbers of the frames that are kept. */
  get keeps() { return [...this.#kept.keys()]; }

  /** Stand still on `frame`; answers its picture once the browser has painted it. */
  async show(frame) {
    this.video.pause();
    const there = () => this.#kept.get(frame)?.still && !this.busy;
    if (!(there() && this.clock.frame === frame)) {
      this.#stale(frame);
      this.#to(middleOf(frame, this.rate));
    }
    let before = performance.now();
    for (let waited = 0, looked = 0; !there() && waited < PAINTED_IN;) {
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      waited += Math.min(now - before, STOPPED);
      before = now;
      if (this.busy || waited - looked < LOOK_AGAIN) continue;
      looked = waited;
      this.#look(frame);
    }
    return this.picture(frame);
  }

  /** A busy browser at times tells of no frame after a seek: take what it shows, and where that is another seek again. */
  #look(frame) {
    if (typeof VideoFrame === "function" && this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) this.#take();
    if (!this.#kept.get(frame)?.still) this.#to(middleOf(frame, this.rate));
  }

  /** What was taken while it played is asked for again; until then it may be shown. */
  #stale(frame) {
    const kept = this.#kept.get(frame);
    if (kept) kept.still = false;
  }

  get busy() {
    return this.#seeks.busy;
  }

  /** Keep the picture of a frame for as long as no other one is shown. */
  hold(frame) { this.#held = frame; }

  /** Play from where it stands. */
  play(speed) {
    for (const frame of this.keeps) if (frame !== this.#held) this.#forget(frame); // what was sought before is not what comes
    this.video.playbackRate = speed;
    this.video.play().catch((error) => { if (!["AbortError", "NotAllowedError"].includes(error.name)) throw error; });
  }

  /** The labels of the rungs, highest first. */
  get rungs() { return this.source.levels.map((level) => level.label); }

  /** Show the rung of that label; what was kept from another one is asked for again. */
  choose(label) {
    const level = this.source.levels.find((one) => one.label === label);
    if (!level || (!this.source.auto && this.source.shown === level.index)) return;
    for (const frame of this.keeps) this.#kept.get(frame).still = false;
    this.#short = Number.parseInt(label, 10);
    this.source.choose(level.index);
  }

  #take() {
    const { video } = this;
    if (!video.videoWidth) return;
    const canvas = this.#canvas(video.videoWidth, video.videoHeight);
    const frame = draw(canvas, video, this.rate) ?? this.clock.frame;
    this.#forget(frame);
    const chosen = !this.#short || this.#short === Math.min(video.videoWidth, video.videoHeight);
    this.#kept.set(frame, { canvas, still: video.paused && this.#sought && chosen });
    if (this.#kept.size > KEPT) this.#forget(this.keeps.find((one) => one !== this.#held));
    this.dispatchEvent(new Event("picture"));
  }

  #forget(frame) {
    const kept = this.#kept.get(frame);
    if (!kept) return;
    this.#kept.delete(frame);
    this.#spare.push(kept.canvas);
  }

  #canvas(width, height) {
    const canvas = this.#spare.pop() ?? document.createElement("canvas");
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    return canvas;
  }

  #to(seconds) {
    this.#sought = true;
    this.#seeks.to(seconds);
  }
}

/** Draw what the element shows; answers its frame where the browser says exactly which that is. */
function draw(canvas, video, rate) {
  const brush = canvas.getContext("2d", { alpha: false });
  if (!rate || typeof VideoFrame !== "function") {
    brush.drawImage(video, 0, 0, canvas.width, canvas.height);
    return null;
  }
  const taken = new VideoFrame(video);
  brush.drawImage(taken, 0, 0, canvas.width, canvas.height);
  const frame = frameAt(taken.timestamp / 1e6, rate);
  taken.close();
  return frame;
}

/** A picture that stands: it is there at every frame. */
export class Still extends EventTarget {
  rate = null;
  frames = 1;
  start = 0;
  rungs = [];
  keeps = [0];
  frame = 0;

  constructor(root) {
    super();
    this.image = root.querySelector("img");
    this.large = this.image.dataset.large;
    this.image.addEventListener("error", () => this.dispatchEvent(new CustomEvent("broken", { detail: "The picture cannot be shown. The master is safe and can be downloaded." })));
    this.image.addEventListener("load", () => this.dispatchEvent(new Event("picture")));
  }

  label() { return ""; }

  async load() { if (!this.image.complete) await this.image.decode().catch(() => null); }

  end() {}

  hold() {}

  picture() { return this.image.complete && this.image.naturalWidth ? this.image : null; }

  async show() { return this.picture(); }

  /** Fetch all the points there are, for a close look; until they are there the small picture stays. */
  async sharpen() {
    if (!this.large) return;
    const large = new Image();
    large.src = this.large;
    this.large = "";
    await large.decode().then(() => { this.image = large; }, () => null); // without it the small one has to do
    this.dispatchEvent(new Event("picture"));
  }
}

/** Something without a picture. */
class Nothing extends EventTarget {
  rate = null;
  frames = 1;
  start = 0;
  rungs = [];
  keeps = [];
  frame = 0;

  label() { return ""; }

  async load() {}

  end() {}

  hold() {}

  picture() { return null; }

  async show() { return null; }
}
