/** The player of the asset page: picture, veil, controls and keys over source, clock, scrub and transport. */

import { bind } from "../lib/keys.js";
import { attempt } from "../lib/ui.js";
import { PlayerApi, announce } from "./api.js";
import { t } from "../lib/words.js";
import { Audio } from "./audio.js";
import { Captions } from "./captions.js";
import { Clock } from "./clock.js";
import { Fullscreen } from "./fullscreen.js";
import { Guides } from "./guides.js";
import { Shuttle } from "./jkl.js";
import { Countings, Rungs, Speeds } from "./menus.js";
import { Picture } from "./picture.js";
import { Place } from "./place.js";
import { Scrub } from "./scrub.js";
import { Snapshot } from "./snapshot.js";
import { Source } from "./source.js";
import { Sprites } from "./sprites.js";
import { Transport } from "./transport.js";
import { Zoom } from "./zoom.js";

const SAID = 6000; // ms that a hint stays

export class Player {
  #loading = false;
  #loaded = false;
  #frame = 0;
  #beyond = false; // the reader wants to be where nothing is encoded yet
  #status = ""; // what the corner says while nothing else is to be said
  #hint = 0;

  /** `root`: the `.player` element; its data attributes tell the clip. */
  constructor(root) {
    this.root = root;
    this.video = root.querySelector("video");
    const { versionId, duration, frameRate, startTimecode, dropFrame } = root.dataset;
    const media = { duration: Number(duration) || 0, frameRate, startTimecode, dropFrame: dropFrame === "true" };
    this.clock = new Clock(this.video, media);
    this.picture = new Picture(root.querySelector(".screen"), this.video);
    this.source = new Source(this.video, versionId);
    this.transport = new Transport(this.video, this.clock, this.source);
    this.transport.clipped = (beyond) => {
      this.#beyond = beyond;
      this.#say(this.#standing);
    };
    this.scrub = new Scrub(root.querySelector(".scrub"), this.clock, {
      seek: (seconds) => this.transport.seek(seconds),
      made: () => this.source.made,
    });
    if (this.clock.rate) this.sprites = new Sprites(this.scrub.root, this.clock, versionId);
    this.place = new Place(root.querySelector(".place"), this.clock, {
      go: (frame) => { this.transport.stop(); this.transport.toFrame(frame); },
      say: (text) => this.#hinted(text),
    });
    if (this.clock.rate) this.zoom = new Zoom(this.picture, { wheel: false, actual: () => this.#actual });
    this.shuttle = new Shuttle(this.transport);
    this.fullscreen = new Fullscreen(root);
    const api = new PlayerApi(this.clock, this.transport, this.picture);
    this.#menus(api);
    this.#buttons();
    this.#wire();
    this.unbind = bind(this.#keys());
    announce(root, api);
    this.#tick();
  }

  #menus(api) {
    const menu = (name) => this.root.querySelector(`[data-menu=${name}]`);
    this.speeds = new Speeds(menu("speed"), this.transport);
    this.countings = new Countings(menu("counting"), this.clock);
    this.audio = new Audio(menu("audio"), this.source);
    this.captions = new Captions(menu("captions"), this.video);
    this.rungs = new Rungs(menu("rung"), this.source);
    const guides = menu("guides");
    if (guides) guides.hidden = !this.clock.rate;
    if (guides && this.clock.rate) this.guides = new Guides(guides, this.picture);
    if (menu("snapshot")) this.snapshot = new Snapshot(menu("snapshot"), api, this.root.dataset.filename || "", (text) => this.#hinted(text));
  }

  /** Load the preview if it is not there yet; safe to call again and again. */
  async load() {
    if (this.#loaded || this.#loading) return;
    this.#loading = true;
    try {
      await this.source.load(this.video.currentTime);
      this.#loaded = true;
    } finally {
      this.#loading = false;
    }
  }

  /** Begin anew after a failure or a new encode. */
  async reload() {
    this.#loaded = false;
    await this.load();
  }

  end() {
    cancelAnimationFrame(this.#frame);
    this.unbind();
    this.source.end();
    this.picture.end();
    this.guides?.end();
    this.zoom?.end();
    this.shuttle.end();
    this.fullscreen.end();
    this.transport.stop();
  }

  /** A line in the picture's corner, until another one; empty takes it away. */
  say(text) {
    this.#status = text;
    this.#say(this.#standing);
  }

  /** What the corner says for now: how far the encode is says less than that somebody wants to go beyond. */
  get #standing() {
    return this.#beyond ? t("Not encoded yet: this is as far as it goes now.") : this.#status;
  }

  #say(text) {
    clearTimeout(this.#hint);
    const corner = this.root.querySelector(".corner");
    corner.textContent = text;
    corner.hidden = !text;
  }

  /** A line that goes away by itself. */
  #hinted(text) {
    this.#say(text || this.#standing);
    if (text) this.#hint = setTimeout(() => this.#say(this.#standing), SAID);
  }

  #buttons() {
    const actions = {
      play: () => this.transport.toggle(),
      back: () => this.transport.step(-1),
      forward: () => this.transport.step(1),
      mute: () => { this.video.muted = !this.video.muted; },
      loop: () => { this.transport.looping = !this.transport.looping; },
      full: () => this.fullscreen.toggle(),
    };
    for (const button of this.root.querySelectorAll(".controls [data-do]")) {
      button.addEventListener("click", actions[button.dataset.do]);
      button.addEventListener("pointerup", () => setTimeout(() => button.blur())); // so that Space keeps meaning play
    }
    this.root.querySelector(".volume input").addEventListener("input", (event) => this.transport.volume(event.target.value / 100));
  }

  #wire() {
    // the picture on screen has to be the frame that the timecode names, from the first on
    this.video.addEventListener("loadeddata", () => this.video.removeAttribute("poster"), { once: true });
    this.video.addEventListener("click", () => this.transport.toggle());
    this.source.addEventListener("redraw", () => this.transport.redraw());
    this.source.addEventListener("length", ({ detail }) => { this.clock.counted(detail); this.place.draw(); });
    this.source.addEventListener("lost", () => this.say(t("The box does not answer: playing what is loaded, and going on as soon as it is back.")));
    this.source.addEventListener("found", () => this.say(""));
    this.clock.addEventListener("frame", () => this.place.draw());
  }

  #keys() {
    const { transport } = this;
    const to = (seconds) => () => { transport.stop(); transport.seek(seconds()); };
    const once = (act) => (event) => { if (!event.repeat) act(); };
    return {
      ...this.shuttle.keys(),
      Space: once(() => transport.toggle()),
      ArrowLeft: () => transport.step(-1),
      ArrowRight: () => transport.step(1),
      "Shift+ArrowLeft": () => transport.step(-10),
      "Shift+ArrowRight": () => transport.step(10),
      Home: to(() => 0),
      End: to(() => this.clock.duration - 0.001),
      i: () => transport.mark("in"),
      o: () => transport.mark("out"),
      x: () => transport.unmark(),
      "Alt+x": () => transport.unmark(),
      "Alt+i": () => transport.unmark("in"),
      "Alt+o": () => transport.unmark("out"),
      "Shift+i": () => transport.toMark("in"),
      "Shift+o": () => transport.toMark("out"),
      r: once(() => { transport.looping = !transport.looping; }),
      "<": () => this.speeds.shift(-1),
      ">": () => this.speeds.shift(1),
      ArrowUp: () => transport.volume(this.video.volume + 0.1),
      ArrowDown: () => transport.volume(this.video.volume - 0.1),
      "Shift+m": once(() => { this.video.muted = !this.video.muted; }),
      t: () => this.place.ask(),
      "Shift+t": once(() => this.clock.rate && this.countings.turn()),
      c: once(() => this.captions.toggle()),
      f: once(() => this.fullscreen.toggle()),
      "+": () => this.zoom?.larger(),
      "=": () => this.zoom?.larger(),
      "-": () => this.zoom?.smaller(),
      0: () => this.zoom?.fit(),
      "Shift+g": once(() => this.guides?.toggle()),
      s: once(() => this.#take(() => this.snapshot.save("png"))),
      "Shift+s": once(() => this.#take(() => this.snapshot.copy())),
    };
  }

  /** The scale at which a pixel of the rung is one of the screen. */
  get #actual() {
    const { size, fitted } = this.picture;
    return fitted && size.width / (window.devicePixelRatio || 1) / fitted.width;
  }

  #take(shoot) {
    if (this.snapshot) attempt(shoot);
  }

  #tick() {
    this.#draw();
    this.#frame = requestAnimationFrame(() => this.#tick());
  }

  #draw() {
    this.clock.look();
    this.transport.catchUp();
    this.transport.turn();
    this.scrub.draw(this.transport.loop);
    if (this.video.currentTime === 0) this.place.draw();
    const moving = this.transport.moving;
    if (this.root.classList.contains("moving") !== moving) {
      this.root.classList.toggle("moving", moving);
      this.root.querySelector("[data-do=play]").setAttribute("aria-label", moving ? t("Pause") : t("Play"));
    }
    const silent = this.video.muted || this.video.volume === 0;
    this.root.classList.toggle("silent", silent);
    const slider = this.root.querySelector(".volume input");
    if (!slider.matches(":active")) slider.value = String(silent ? 0 : Math.round(this.video.volume * 100));
    this.root.querySelector("[data-do=loop]").setAttribute("aria-pressed", String(this.transport.looping));
  }
}
