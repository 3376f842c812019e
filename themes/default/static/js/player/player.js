/** The player of the asset page: picture, veil, controls and keys over source, clock, scrub and transport. */

import { bind } from "../lib/keys.js";
import { make } from "../lib/ui.js";
import { Captions } from "./captions.js";
import { Clock } from "./clock.js";
import { Scrub } from "./scrub.js";
import { Source } from "./source.js";
import { Sprites } from "./sprites.js";
import { Transport } from "./transport.js";

const SPEEDS = [0.25, 0.5, 1, 1.25, 1.5, 2];

export class Player {
  #loading = false;
  #loaded = false;
  #frame = 0;

  /** `root`: the `.player` element; its data attributes tell the clip. */
  constructor(root) {
    this.root = root;
    this.video = root.querySelector("video");
    const { versionId, duration, frameRate, startTimecode, dropFrame } = root.dataset;
    const media = { duration: Number(duration) || 0, frameRate, startTimecode, dropFrame: dropFrame === "true" };
    this.clock = new Clock(this.video, media);
    this.source = new Source(this.video, versionId);
    this.transport = new Transport(this.video, this.clock, this.source);
    this.scrub = new Scrub(root.querySelector(".scrub"), this.clock, {
      seek: (seconds) => this.transport.seek(seconds),
      made: () => this.source.made,
    });
    this.captions = new Captions(root.querySelector("[data-menu=captions]"), this.video);
    if (this.clock.rate) this.sprites = new Sprites(this.scrub.root, this.clock, versionId);
    this.transport.clipped = (beyond) => this.say(beyond ? "Not encoded yet: this is as far as it goes now." : "");
    this.#wire();
    this.unbind = bind(this.#keys());
    this.#tick();
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
    this.transport.stop();
  }

  /** A line in the picture's corner; empty takes it away. */
  say(text) {
    const corner = this.root.querySelector(".corner");
    corner.textContent = text;
    corner.hidden = !text;
  }

  #wire() {
    const actions = {
      play: () => this.transport.toggle(),
      back: () => this.transport.step(-1),
      forward: () => this.transport.step(1),
      mute: () => { this.video.muted = !this.video.muted; },
      loop: () => { this.transport.looping = !this.transport.looping; },
      full: () => this.#fullscreen(),
    };
    for (const button of this.root.querySelectorAll(".controls [data-do]")) {
      button.addEventListener("click", actions[button.dataset.do]);
      button.addEventListener("pointerup", () => setTimeout(() => button.blur())); // so that Space keeps meaning play
    }
    this.root.querySelector(".volume input").addEventListener("input", (event) => this.transport.volume(event.target.value / 100));
    // the picture on screen has to be the frame that the timecode names, from the first on
    this.video.addEventListener("loadeddata", () => this.video.removeAttribute("poster"), { once: true });
    this.video.addEventListener("click", () => this.transport.toggle());
    this.source.addEventListener("levels", () => this.#drawLevels());
    this.source.addEventListener("level", () => this.#drawLevels());
    this.#drawSpeeds();
    this.clock.onFrame = () => this.#drawTime();
  }

  #keys() {
    const { transport } = this;
    const to = (seconds) => () => { transport.stop(); transport.seek(seconds()); };
    return {
      Space: () => transport.toggle(),
      k: () => transport.stop(),
      j: () => transport.shuttle(-1),
      l: () => transport.shuttle(1),
      ArrowLeft: () => transport.step(-1),
      ArrowRight: () => transport.step(1),
      "Shift+ArrowLeft": () => transport.step(-10),
      "Shift+ArrowRight": () => transport.step(10),
      Home: to(() => 0),
      End: to(() => this.clock.duration - 0.001),
      i: () => transport.mark("in"),
      o: () => transport.mark("out"),
      x: () => transport.unmark(),
      ArrowUp: () => transport.volume(this.video.volume + 0.1),
      ArrowDown: () => transport.volume(this.video.volume - 0.1),
      f: () => this.#fullscreen(),
    };
  }

  #fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen();
  }

  #tick() {
    this.#draw();
    this.#frame = requestAnimationFrame(() => this.#tick());
  }

  #draw() {
    this.transport.catchUp();
    this.scrub.draw(this.transport.loop);
    if (!this.clock.rate || this.video.currentTime === 0) this.#drawTime();
    const moving = this.transport.moving;
    if (this.root.classList.contains("moving") !== moving) {
      this.root.classList.toggle("moving", moving);
      this.root.querySelector("[data-do=play]").setAttribute("aria-label", moving ? "Pause" : "Play");
    }
    const silent = this.video.muted || this.video.volume === 0;
    this.root.classList.toggle("silent", silent);
    const slider = this.root.querySelector(".volume input");
    if (!slider.matches(":active")) slider.value = String(silent ? 0 : Math.round(this.video.volume * 100));
    this.root.querySelector("[data-do=loop]").setAttribute("aria-pressed", String(this.transport.looping));
  }

  #drawTime() {
    this.root.querySelector("[data-now]").textContent = this.clock.now;
    this.root.querySelector("[data-length]").textContent = this.clock.length;
  }

  #drawLevels() {
    const menu = this.root.querySelector("[data-menu=rung]");
    const { levels, auto, shown } = this.source;
    const label = levels.find((level) => level.index === shown)?.label || "";
    menu.hidden = levels.length === 0;
    menu.querySelector("summary").textContent = auto ? `Auto${label ? ` ${label}` : ""}` : label;
    const choice = (index, text, on) =>
      make("button", { type: "button", "aria-pressed": String(on), onclick: () => this.source.choose(index) }, text);
    menu.querySelector(".menu-list").replaceChildren(
      choice(-1, "Auto", auto),
      ...levels.map((level) => choice(level.index, level.label, !auto && level.index === shown)),
    );
  }

  #drawSpeeds() {
    const menu = this.root.querySelector("[data-menu=speed]");
    const now = this.video.defaultPlaybackRate;
    menu.querySelector("summary").textContent = `${now}×`;
    menu.querySelector(".menu-list").replaceChildren(
      ...SPEEDS.map((speed) =>
        make("button", { type: "button", "aria-pressed": String(speed === now), onclick: () => { this.transport.speed(speed); this.#drawSpeeds(); } }, `${speed}×`)),
    );
  }
}
