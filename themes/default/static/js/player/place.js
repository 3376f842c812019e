/** The place on the controls: which frame is on screen, and a field to type where to go. */

import { parseTyped } from "./typed.js";
import { t } from "../lib/words.js";

export class Place {
  /** `root`: the `.place` element; `go(frame)` is called with what was typed, `say(text)` where that is no frame. */
  constructor(root, clock, { go, say }) {
    Object.assign(this, { root, clock, go, say });
    this.shown = root.querySelector("[data-now]");
    this.length = root.querySelector("[data-length]");
    this.button = root.querySelector("button");
    this.field = root.querySelector("input");
    this.button.disabled = !clock.rate;
    this.button.addEventListener("click", () => this.ask());
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.field.addEventListener("blur", () => this.#close());
  }

  draw() {
    put(this.shown, this.clock.now);
    put(this.length, this.clock.length);
  }

  /** Open the field with what is shown now in it. */
  ask() {
    if (!this.clock.rate) return;
    this.field.value = this.clock.now;
    this.field.hidden = false;
    this.button.hidden = true;
    this.field.focus();
    this.field.select();
  }

  #key(event) {
    if (event.key === "Escape") this.#back();
    else if (event.key === "Enter") this.#take();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #take() {
    const { clock } = this;
    const { rate, start, dropFrame, counting, frame, frames } = clock;
    const found = parseTyped(this.field.value, { rate, start, dropFrame, counting, frame, frames, label: clock.label(frame) });
    const ends = { first: clock.name(0), last: clock.name(frames - 1) };
    if (found === null) {
      this.say(t("“{typed}” is no place in this clip. It goes from {first} to {last}.", { typed: this.field.value, ...ends }));
      this.field.select();
      return;
    }
    const out = found < 0 || found >= frames;
    this.#back();
    this.go(found);
    this.say(out ? t("The clip goes from {first} to {last}.", ends) : "");
  }

  #back() {
    this.#close();
    this.button.focus();
  }

  #close() {
    this.field.hidden = true;
    this.button.hidden = false;
  }
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
