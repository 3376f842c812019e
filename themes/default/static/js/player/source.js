/**
 * Where the picture comes from: a signed playlist, played by hls.js (first, where it can) or the browser.
 * Goes on by itself after a refused grant, a newer encode and a lost network; knows how far an unfinished
 * encode reaches. What was chosen by hand (rung, audio track) stays chosen when it begins anew.
 */

import { ApiError } from "../lib/api.js";
import { t } from "../lib/words.js";
import Hls from "../../vendor/hls.js";
import { Recent, cached, expected, keep } from "./bandwidth.js";
import { Link } from "./link.js";
import { keep as keepSetting, recall } from "./memory.js";

const AGAIN = [1000, 2000, 4000, 8000, 15_000]; // ms between attempts to reach a box that does not answer
const CALM = 60_000; // ms after which a failure counts as the first one again
const SOON = 5000; // ms in which several segments may be refused for the same old grant
const FASTER = 2; // so many times what was thought: the line has changed
const WORTH = 6; // seconds loaded ahead that are worth loading again, better
const MEMORY = "rung";
const REFUSED = new Set([401, 403]);

export class Source extends EventTarget {
  #hls = null;
  #link;
  #failed = 0; // attempts to reach the box since it last went well
  #mends = 0;
  #mended = -Infinity;
  #renewed = -Infinity;
  #retry = 0;
  #lost = false;
  #recent = new Recent();
  #rung = recall(MEMORY, (kept) => typeof kept === "string", null); // the label of the rung chosen by hand
  #audio = null; // the label of the audio track chosen by hand

  /**
   * Emits `levels` (the rungs are known), `level` (another one is shown), `audio` (tracks, or the one that plays),
   * `buffered` (more is there), `length` (detail: seconds the finished preview lasts), `lost` and `found` (the box is out of reach, is back),
   * `broken` (detail: a sentence).
   */
  constructor(video, versionId) {
    super();
    this.video = video;
    this.#link = new Link(versionId);
    this.online = () => { if (this.#lost) this.#reach(); };
    addEventListener("online", this.online);
  }

  /** Load from `position` seconds on; rejects with `ApiError` where no grant is given. */
  async load(position = 0) {
    const url = await this.#link.sign();
    this.#drop(); // not before: what is loaded can be watched while the box is out of reach
    if (Hls.isSupported()) this.#withHls(url, position);
    else if (this.video.canPlayType("application/vnd.apple.mpegurl")) this.#natively(url, position);
    else this.#broken(t("This browser plays no HLS. Nothing is wrong with the file; use a current browser or download the master."));
  }

  end() {
    removeEventListener("online", this.online);
    this.#drop();
    this.#link.end();
  }

  #drop() {
    clearTimeout(this.#retry);
    if (this.#hls?.levels.length) keep(this.#hls.bandwidthEstimate);
    this.#hls?.destroy();
    this.#hls = null;
  }

  /** The rungs, highest first: `[{index, label}]`; empty where the browser chooses by itself. */
  get levels() {
    const all = (this.#hls?.levels || []).map((level, index) => ({ index, short: Math.min(level.width, level.height) || level.height, bitrate: level.bitrate }));
    return all.filter((level) => level.short).sort((a, b) => b.short - a.short || b.bitrate - a.bitrate).map(({ index, short }) => ({ index, label: `${short}p` }));
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
    this.#rung = this.levels.find((level) => level.index === index)?.label ?? null;
    keepSetting(MEMORY, this.#rung);
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
      if (this.video.paused) this.dispatchEvent(new Event("redraw"));
    };
    hls.on(Hls.Events.FRAG_BUFFERED, redraw);
    hls.currentLevel = index;
  }

  /** The audio tracks as `[{index, label}]`. */
  get audioTracks() {
    return (this.#hls?.audioTracks || []).map((track, index) => ({ index, label: track.name || track.lang || t("Track {number}", { number: index + 1 }) }));
  }

  /** Which audio track plays. */
  get audio() {
    return this.#hls?.audioTrack ?? -1;
  }

  chooseAudio(index) {
    if (!this.#hls) return;
    this.#audio = this.audioTracks[index]?.label ?? null;
    this.#hls.audioTrack = index;
    this.dispatchEvent(new Event("audio"));
  }

  /** Seconds that exist so far: the whole length once the encode is done. */
  get made() {
    // hls.js tells of the rung that is played, which may know less than the one that is loaded
    const { seekable } = this.video;
    const reached = seekable.length ? seekable.end(seekable.length - 1) : 0;
    return Math.max(this.#hls?.latestLevelDetails?.edge ?? 0, reached);
  }

  #withHls(url, position) {
    const hls = new Hls({
      startPosition: position,
      enableWorker: false, // CMAF needs no remuxing
      capLevelToPlayerSize: true,
      backBufferLength: 60,
      maxBufferLength: 20, // what is loaded ahead is what a better line cannot better
      maxMaxBufferLength: 40, // also of a film that weighs little: enough for a short loss of the network, no more
      abrEwmaDefaultEstimate: expected(),
      maxFragLookUpTolerance: 0, // a frame next to a border is in its own segment, not in the next one
      maxBufferHole: 0.003, // seconds; half a frame at 120 a second is no hole
      maxStarvationDelay: 0.6, // seconds that the first segment may take
      liveDurationInfinity: false,
      fragLoadPolicy: patient(Hls.DefaultConfig.fragLoadPolicy),
      playlistLoadPolicy: patient(Hls.DefaultConfig.playlistLoadPolicy),
      xhrSetup: (request, address) => request.open("GET", this.#link.fresh(address), true),
    });
    this.#hls = hls;
    this.#listen(hls);
    hls.loadSource(url);
    hls.attachMedia(this.video);
  }

  #listen(hls) {
    const { Events } = Hls;
    const emit = (name) => () => this.dispatchEvent(new Event(name));
    hls.on(Events.MANIFEST_PARSED, () => {
      hls.firstLevel = 0; // where even the smallest rung is too much for the line, not the one that is named first
      this.#recallRung();
    });
    hls.on(Events.MANIFEST_PARSED, emit("levels"));
    hls.on(Events.LEVEL_SWITCHED, emit("level"));
    hls.on(Events.AUDIO_TRACKS_UPDATED, () => this.#recallAudio());
    for (const event of [Events.AUDIO_TRACKS_UPDATED, Events.AUDIO_TRACK_SWITCHING]) hls.on(event, emit("audio"));
    hls.on(Events.LEVEL_UPDATED, (_, { details }) => {
      if (!details.live) this.dispatchEvent(new CustomEvent("length", { detail: details.totalduration }));
    });
    hls.on(Events.FRAG_BUFFERED, emit("buffered"));
    for (const event of [Events.FRAG_LOADED, Events.LEVEL_LOADED]) hls.on(event, () => this.#well());
    hls.on(Events.FRAG_LOADED, (_, { frag }) => { if (frag.type === "main" && frag.sn !== "initSegment") this.#weigh(frag); });
    hls.on(Events.ERROR, (_, data) => this.#failing(data));
  }

  /**
   * hls.js weighs a load by how long it took, so that a line that became fast is noticed after minutes. Three fast
   * loads in a row are enough here, and what lies far ahead in a smaller rung is then loaded again.
   */
  #weigh({ stats, level, url }) {
    const hls = this.#hls;
    const least = cached(url) ? null : this.#recent.add(stats.total, stats.loading.end - stats.loading.start);
    if (least === null || least < FASTER * hls.bandwidthEstimate) return;
    hls.bandwidthEstimate = least;
    const { buffered, currentTime, paused } = this.video;
    const ahead = buffered.length ? buffered.end(buffered.length - 1) - currentTime : 0;
    if (hls.autoLevelEnabled && hls.nextAutoLevel > level && ahead > WORTH && !paused) hls.nextLevel = -1;
  }

  #recallRung() {
    const level = this.#rung && this.levels.find((one) => one.label === this.#rung);
    if (level) this.#hls.loadLevel = level.index;
  }

  #recallAudio() {
    const track = this.#audio && this.audioTracks.find((one) => one.label === this.#audio);
    if (track) this.#hls.audioTrack = track.index;
  }

  #natively(url, position) {
    this.video.src = url;
    this.video.addEventListener("loadedmetadata", () => { this.video.currentTime = position; }, { once: true });
    this.video.onerror = () => this.#anew();
  }

  #well() {
    this.#failed = 0;
    if (!this.#lost) return;
    this.#lost = false;
    this.dispatchEvent(new Event("found"));
  }

  /** What hls.js could not do; what is not fatal it tries again itself. */
  #failing(data) {
    const status = data.response?.code ?? 0;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR) {
      if (data.fatal) this.#recover();
    } else if (REFUSED.has(status)) this.#refused(data.fatal);
    else if (isAway(status)) {
      this.#losing();
      if (data.fatal) this.#again();
    } else if (data.fatal) this.#anew();
  }

  #losing() {
    if (this.#lost) return;
    this.#lost = true;
    this.dispatchEvent(new Event("lost"));
  }

  /** The decoder gave up: once it is set up anew, a second time within a minute it is told. */
  #recover() {
    if (this.#often() > 1) this.#broken(t("The preview stopped. The master is safe; press Try again, or retry the preview if it stays so."));
    else this.#hls.recoverMediaError();
  }

  /** A grant that has run out: renew it, and go on where it stood. */
  async #refused(stopped) {
    if (stopped && this.#often() > 1) await this.#anew();
    else if (stopped || performance.now() - this.#renewed > SOON) {
      this.#renewed = performance.now();
      await this.#try(async () => {
        await this.#link.sign();
        if (stopped) this.#hls.startLoad();
      });
    }
  }

  /** A newer encode took the place of this one, or a new grant did not help: begin anew. */
  async #anew() {
    if (this.#often() > 2) this.#broken(t("The preview is not given out any more. The master is safe; press Try again, or ask whoever shared it."));
    else await this.#try(() => this.#reload());
  }

  /** How many times in a row something had to be mended, this one included. */
  #often() {
    const now = performance.now();
    this.#mends = now - this.#mended < CALM ? this.#mends + 1 : 1;
    this.#mended = now;
    return this.#mends;
  }

  /** The box is out of reach: try for as long as the page is open, less and less often. */
  #again() {
    clearTimeout(this.#retry);
    const wait = AGAIN[Math.min(this.#failed, AGAIN.length - 1)];
    this.#failed += 1;
    this.#retry = setTimeout(() => this.#reach(), wait);
  }

  async #reach() {
    clearTimeout(this.#retry);
    await this.#try(async () => {
      await this.#link.sign();
      if (this.#hls?.levels.length) this.#hls.startLoad();
      else await this.#reload();
    });
  }

  async #reload() {
    const playing = !this.video.paused;
    await this.load(this.video.currentTime);
    if (playing) this.video.play().catch((error) => { if (error.name !== "AbortError") throw error; });
  }

  /** Something that asks the box: where that does not answer it is tried again, a refusal is told. */
  async #try(work) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isAway(error.status)) {
        this.#losing();
        this.#again();
      } else this.#broken(error.message);
    }
  }

  #broken(detail) {
    this.dispatchEvent(new CustomEvent("broken", { detail }));
  }
}

/** Whether a status means that nobody answered, or a server that cannot now. */
function isAway(status) {
  return status === 0 || status === 429 || status >= 500;
}

/** hls.js tries again what did not answer; with this also what was refused, once the grant is a new one. */
function patient(policy) {
  const errorRetry = {
    ...policy.default.errorRetry,
    shouldRetry: (config, count, timedOut, response, otherwise) => otherwise || (REFUSED.has(response?.code) && count < 2),
  };
  return { default: { ...policy.default, errorRetry } };
}
