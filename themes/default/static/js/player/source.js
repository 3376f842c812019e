/**
 * Where the picture comes from: a signed playlist, played by hls.js (first, where it can) or the browser.
 * Renews its grant before it runs out and after a refusal; knows how far an unfinished encode reaches.
 */

import { call, quietly } from "../lib/api.js";
import Hls from "../../vendor/hls.js";

const GRANT_SECONDS = 3600;
const RENEW_AT = 0.8; // of a grant's life
const GRANT_IN_PATH = /\/s\/[^/]+\//;

export class Source extends EventTarget {
  #hls = null;
  #grant = "";
  #renewal = 0;
  #mended = 0;

  /** Emits `levels` (the rungs are known), `level` (another one is shown), `broken` (detail: a sentence). */
  constructor(video, versionId) {
    super();
    this.video = video;
    this.versionId = versionId;
  }

  /** Load from `position` seconds on; rejects with `ApiError` where no grant is given. */
  async load(position = 0) {
    this.end();
    const { url } = await this.#sign();
    if (Hls.isSupported()) this.#withHls(url, position);
    else if (this.video.canPlayType("application/vnd.apple.mpegurl")) this.#natively(url, position);
    else this.#broken("This browser plays no HLS. Nothing is wrong with the file; use a current browser or download the master.");
  }

  end() {
    clearTimeout(this.#renewal);
    this.#hls?.destroy();
    this.#hls = null;
  }

  /** The rungs, highest first: `[{index, label}]`; empty where the browser chooses by itself. */
  get levels() {
    const all = (this.#hls?.levels || []).map((level, index) => ({ index, short: Math.min(level.width, level.height) || level.height, bitrate: level.bitrate }));
    return all.filter((level) => level.short).sort((a, b) => b.bitrate - a.bitrate).map(({ index, short }) => ({ index, label: `${short}p` }));
  }

  get auto() {
    return this.#hls?.autoLevelEnabled ?? true;
  }

  get shown() {
    if (!this.#hls) return -1;
    if (!this.auto) return this.#hls.manualLevel;
    return this.#hls.currentLevel >= 0 ? this.#hls.currentLevel : this.#hls.loadLevel;
  }

  /** Show one rung (-1: choose by itself); at once when paused, from the next segment when playing. */
  choose(index) {
    if (!this.#hls) return;
    if (this.video.paused && index >= 0) this.#switchStill(index);
    else this.#hls.nextLevel = index;
    this.dispatchEvent(new Event("level"));
  }

  /** A still picture is only drawn anew by a seek, once the rung's bytes are there. */
  #switchStill(index) {
    const hls = this.#hls;
    const redraw = (_, { frag }) => {
      if (frag.type !== "main" || frag.level !== index) return;
      hls.off(Hls.Events.FRAG_BUFFERED, redraw);
      if (this.video.paused) this.video.currentTime += 0.0005; // stays within the frame
    };
    hls.on(Hls.Events.FRAG_BUFFERED, redraw);
    hls.currentLevel = index;
  }

  /** Seconds that exist so far: the whole length once the encode is done. */
  get made() {
    // hls.js tells of the rung that is played, which may know less than the one that is loaded
    const { seekable } = this.video;
    const reached = seekable.length ? seekable.end(seekable.length - 1) : 0;
    return Math.max(this.#hls?.latestLevelDetails?.edge ?? 0, reached);
  }

  async #sign() {
    const grant = await call("POST", "/api/sign-preview", { version_id: this.versionId, expires_in: GRANT_SECONDS });
    this.#grant = GRANT_IN_PATH.exec(grant.url)?.[0] || "";
    clearTimeout(this.#renewal);
    const life = (Date.parse(grant.expires_at) - Date.now()) * RENEW_AT;
    this.#renewal = setTimeout(() => this.#renew(), Math.max(30_000, life));
    return grant;
  }

  /** A new grant for the addresses to come; a failure shows when the old one is refused. */
  async #renew() {
    await quietly(this.#sign());
  }

  #withHls(url, position) {
    const hls = new Hls({
      startPosition: position,
      enableWorker: false, // CMAF needs no remuxing
      capLevelToPlayerSize: true,
      backBufferLength: 60,
      maxBufferLength: 30,
      abrEwmaDefaultEstimate: 20_000_000, // the box is near: begin sharp
      liveDurationInfinity: false,
      xhrSetup: (request, address) => request.open("GET", this.#fresh(address), true),
    });
    this.#hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.dispatchEvent(new Event("levels")));
    hls.on(Hls.Events.LEVEL_SWITCHED, () => this.dispatchEvent(new Event("level")));
    hls.on(Hls.Events.ERROR, (_, data) => { if (data.fatal) this.#mend(data); });
    hls.loadSource(url);
    hls.attachMedia(this.video);
  }

  #natively(url, position) {
    this.video.src = url;
    this.video.addEventListener("loadedmetadata", () => { this.video.currentTime = position; }, { once: true });
    this.video.onerror = () => this.#mend({ type: "native" });
  }

  #fresh(address) {
    return this.#grant ? address.replace(GRANT_IN_PATH, () => this.#grant) : address;
  }

  /** One attempt a minute to go on by itself; else tell. */
  async #mend(data) {
    const now = Date.now();
    if (now - this.#mended < 60_000) {
      this.#broken("The preview stopped. The master is safe; press Try again, or retry the preview if it stays so.");
      return;
    }
    this.#mended = now;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR) {
      this.#hls.recoverMediaError();
      return;
    }
    try {
      await this.load(this.video.currentTime); // a refused grant, or a newer encode took the place of this one
    } catch (error) {
      this.#broken(error.message);
    }
  }

  #broken(detail) {
    this.dispatchEvent(new CustomEvent("broken", { detail }));
  }
}
