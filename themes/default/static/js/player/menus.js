/** The menus of rungs, speeds and countings: each draws itself anew when what it shows has changed. */

import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { COUNTINGS } from "./clock.js";

const SPEEDS = [0.25, 0.5, 1, 1.25, 1.5, 2];
const countings = () => ({ timecode: t("Timecode"), frames: t("Frames"), seconds: t("Seconds") });
const SHORT = { timecode: "TC", frames: "FR", seconds: "SEC" };

/** One line of a menu: text, whether it is the one that holds, what choosing it does. */
export function choice(text, chosen, choose) {
  return make("button", { type: "button", "aria-pressed": String(chosen), onclick: choose }, text);
}

/** The rungs: Auto and each by name. */
export class Rungs {
  constructor(menu, source) {
    Object.assign(this, { menu, source });
    for (const event of ["levels", "level"]) source.addEventListener(event, () => this.#draw());
  }

  #draw() {
    const { levels, auto, shown } = this.source;
    const label = levels.find((level) => level.index === shown)?.label || "";
    this.menu.hidden = levels.length === 0;
    const shorter = auto && label ? [make("span", { class: "auto-rung" }, ` ${label}`)] : [];
    this.menu.querySelector("summary").replaceChildren(auto ? t("Auto") : label, ...shorter);
    this.menu.querySelector(".menu-list").replaceChildren(
      choice(t("Auto"), auto, () => this.source.choose(-1)),
      ...levels.map((level) => choice(level.label, !auto && level.index === shown, () => this.source.choose(level.index))),
    );
  }
}

/** The speeds that playing begins with. */
export class Speeds {
  constructor(menu, transport) {
    Object.assign(this, { menu, transport });
    this.#draw();
  }

  /** The next faster (1) or slower (-1) one. */
  shift(direction) {
    const now = SPEEDS.indexOf(this.transport.video.defaultPlaybackRate);
    this.transport.speed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, now + direction))]);
    this.#draw();
  }

  #draw() {
    const now = this.transport.video.defaultPlaybackRate;
    const choose = (speed) => () => { this.transport.speed(speed); this.#draw(); };
    this.menu.querySelector("summary").textContent = `${now}×`;
    this.menu.querySelector(".menu-list").replaceChildren(...SPEEDS.map((speed) => choice(`${speed}×`, speed === now, choose(speed))));
  }
}

/** How positions are counted: source timecode, frames, seconds; nothing to choose for sound. */
export class Countings {
  constructor(menu, clock) {
    Object.assign(this, { menu, clock });
    menu.hidden = !clock.rate;
    this.#draw();
  }

  /** The next way to count. */
  turn() {
    this.clock.count(COUNTINGS[(COUNTINGS.indexOf(this.clock.counting) + 1) % COUNTINGS.length]);
    this.#draw();
  }

  #draw() {
    const now = this.clock.counting;
    const choose = (counting) => () => { this.clock.count(counting); this.#draw(); };
    this.menu.querySelector("summary").textContent = SHORT[now];
    this.menu.querySelector(".menu-list").replaceChildren(
      ...Object.entries(countings()).map(([counting, text]) => choice(text, counting === now, choose(counting))),
    );
  }
}
