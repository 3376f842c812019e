/** Two versions in frame sync: side by side, wiped, their difference, one over the other; with one transport. */

import { BothDrawings } from "../compare/drawings.js";
import { watchHands } from "../compare/gestures.js";
import { bySeconds, byTimecode } from "../compare/mapping.js";
import { BothNotes } from "../compare/notes.js";
import { Painter } from "../compare/paint.js";
import { Pair } from "../compare/pair.js";
import { openSides } from "../compare/sides.js";
import { Writing } from "../compare/writing.js";
import { bind } from "../lib/keys.js";
import { rename } from "../lib/navigate.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const amounts = () => ({
  side: null,
  wipe: { key: "wipe", max: 100, label: t("Where the wipe lies"), text: (value) => `${Math.round(value)} %` },
  difference: { key: "gain", max: 5, label: t("Gain of the difference"), text: (value) => `×${2 ** value}` },
  overlay: { key: "opacity", max: 100, label: t("How much of B is seen"), text: (value) => `${Math.round(value)} %` },
});
const SOUNDS = ["a", "b", "none"];

export function start(main) {
  return new Compare(main.querySelector(".compare")).begin();
}

class Compare {
  #frame = 0;
  #dirty = true;
  #ends = [];

  constructor(page) {
    this.page = page;
    this.roots = [...page.querySelectorAll("[data-side]")];
    this.sides = openSides(this.roots);
    this.stage = page.querySelector(".compare-stage");
    this.asked = new URLSearchParams(location.search);
    this.painter = new Painter(page.querySelector("canvas"));
    this.pair = new Pair(this.sides, this.#offsetAsked());
    this.drawings = new BothDrawings(this.stage, this.painter, this.pair);
    this.notes = new BothNotes(page.querySelector("[data-both-notes]"), page.querySelector(".compare-marks"), this.pair, this.drawings, async (n) => { await this.pair.show(n); this.#paint(); });
    this.writing = new Writing(page.querySelector("[data-write-note]"), this.roots, this.pair);
  }

  begin() {
    this.#wireSides();
    this.#wireTools();
    this.hands = watchHands(this.stage, this.painter, { changed: () => this.#redraw(), looked: () => this.sides.forEach((side) => side.sharpen?.()) });
    this.#ends.push(bind(this.#keys()));
    this.#mode(amounts()[this.asked.get("mode")] === undefined ? "side" : this.asked.get("mode"));
    this.#sound("none");
    this.#length();
    attempt(() => this.#load());
    attempt(() => this.notes.look(this.roots));
    this.#ends.push(this.notes.follow(this.roots), () => this.drawings.end());
    this.page.compare = this.#outside();
    this.#tick();
    return () => {
      cancelAnimationFrame(this.#frame);
      this.#ends.forEach((end) => end());
      this.sides.forEach((side) => side.end());
    };
  }

  /** For scripts of themes, and for whoever looks from outside. */
  #outside() {
    const { pair, painter } = this;
    return {
      show: async (n) => { await pair.show(n); this.#paint(); return pair.pair; },
      mode: (name) => { this.#mode(name); this.#paint(); },
      place: (side) => painter.place(side),
      get first() { return pair.mapping.first; },
      get last() { return pair.mapping.last; },
      get at() { return pair.at; },
      get pair() { return pair.pair; },
      get moving() { return pair.moving; },
    };
  }

  async #load() {
    await Promise.all(this.sides.map((side) => side.load()));
    await this.pair.show(Number(this.asked.get("frame") ?? this.pair.at) || this.pair.at);
  }

  #offsetAsked() {
    const [a, b] = this.sides;
    if (this.asked.has("offset")) return Number.parseInt(this.asked.get("offset"), 10) || 0;
    return Number(this.page.dataset.seconds) ? bySeconds(b, Number(this.page.dataset.seconds)) : Number(a.rate && b.rate && 0);
  }

  #wireSides() {
    this.sides.forEach((side, index) => {
      side.addEventListener("broken", ({ detail }) => {
        const line = this.roots[index].querySelector("[data-broken]");
        Object.assign(line, { textContent: detail, hidden: false });
      });
      side.addEventListener("picture", () => this.#redraw());
      side.addEventListener("rungs", () => this.#rungs());
      side.addEventListener("redraw", () => attempt(() => this.pair.refresh()));
    });
    this.pair.addEventListener("shown", () => this.#redraw());
    this.pair.addEventListener("length", () => this.#length());
    this.pair.addEventListener("moving", () => this.#moving());
    const resized = new ResizeObserver(() => { if (this.painter.fit()) this.#paint(); });
    resized.observe(this.painter.canvas);
    this.#ends.push(() => resized.disconnect());
  }

  #wireTools() {
    const { page, pair } = this;
    const actions = {
      play: () => pair.toggle(), back: () => pair.step(-1), forward: () => pair.step(1),
      earlier: () => this.#shift(pair.offset - 1), later: () => this.#shift(pair.offset + 1),
      loop: () => { pair.looping = !pair.looping; this.#redraw(); },
      larger: () => this.hands.enlarge(1.5), smaller: () => this.hands.enlarge(1 / 1.5), fit: () => this.hands.fit(),
      snapshot: () => this.#snapshot(), full: () => this.#full(),
    };
    for (const button of page.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => attempt(actions[button.dataset.do]));
      button.addEventListener("pointerup", () => setTimeout(() => button.blur())); // so that Space keeps meaning play
    }
    for (const button of page.querySelectorAll("[data-mode]")) button.addEventListener("click", () => this.#mode(button.dataset.mode));
    for (const button of page.querySelectorAll("[data-sound]")) button.addEventListener("click", () => this.#sound(button.dataset.sound));
    for (const button of page.querySelectorAll("[data-align]")) button.addEventListener("click", () => this.#align(button.dataset.align));
    page.querySelector("[data-amount]").addEventListener("input", ({ target }) => this.#amount(Number(target.value)));
    page.querySelector("[data-position]")?.addEventListener("input", ({ target }) => pair.show(Number(target.value)));
    page.querySelector("[data-offset-field]")?.addEventListener("change", ({ target }) => this.#shift(Number.parseInt(target.value, 10) || 0));
  }

  #keys() {
    const { pair } = this;
    return {
      Space: () => pair.toggle(), k: () => pair.stop(), j: () => pair.shuttle(-1), l: () => pair.shuttle(1),
      ArrowLeft: () => pair.step(-1), ArrowRight: () => pair.step(1),
      "Shift+ArrowLeft": () => pair.step(-10), "Shift+ArrowRight": () => pair.step(10),
      Home: () => pair.show(pair.mapping.first), End: () => pair.show(pair.mapping.last),
      i: () => { pair.mark("in"); this.#redraw(); }, o: () => { pair.mark("out"); this.#redraw(); }, x: () => { pair.unmark(); this.#redraw(); },
      1: () => this.#mode("side"), 2: () => this.#mode("wipe"), 3: () => this.#mode("difference"), 4: () => this.#mode("overlay"),
      w: () => this.#mode(this.painter.mode === "wipe" ? "side" : "wipe"),
      ",": () => this.#less(-1), ".": () => this.#less(1),
      "[": () => this.#shift(pair.offset - 1), "]": () => this.#shift(pair.offset + 1),
      s: () => this.#sound(SOUNDS[(SOUNDS.indexOf(this.page.dataset.sound) + 1) % SOUNDS.length]),
      "+": () => this.hands.enlarge(1.5), "=": () => this.hands.enlarge(1.5), "-": () => this.hands.enlarge(1 / 1.5), 0: () => this.hands.fit(),
      "Shift+S": () => this.#snapshot(), m: () => this.writing.focus(), f: () => this.#full(),
    };
  }

  #mode(name) {
    this.painter.mode = name;
    this.page.dataset.mode = name;
    for (const button of this.page.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === name));
    const amount = amounts()[name];
    const field = this.page.querySelector(".compare-amount");
    field.hidden = !amount;
    if (amount) {
      const slider = field.querySelector("input");
      Object.assign(slider, { max: amount.max, step: amount.max > 10 ? "any" : 1 });
      slider.setAttribute("aria-label", amount.label);
    }
    this.#address();
    this.#redraw();
  }

  #amount(value) {
    const amount = amounts()[this.painter.mode];
    if (!amount) return;
    this.painter[amount.key] = Math.min(amount.max, Math.max(0, value));
    this.#redraw();
  }

  #less(direction) {
    const amount = amounts()[this.painter.mode];
    if (amount) this.#amount(this.painter[amount.key] + direction * (amount.max > 10 ? 5 : 1));
  }

  #shift(offset) {
    const field = this.page.querySelector("[data-offset-field]");
    if (!field) return undefined;
    this.pair.shift(Math.min(Math.max(offset, -1e6), 1e6));
    this.#address();
    this.notes.draw();
    return undefined;
  }

  #align(how) {
    const [a, b] = this.sides;
    const offsets = { start: () => 0, timecode: () => byTimecode(a, b), look: () => bySeconds(b, Number(this.page.dataset.seconds)) };
    this.#shift(offsets[how]());
  }

  #sound(name) {
    this.page.dataset.sound = name;
    for (const button of this.page.querySelectorAll("[data-sound]")) button.setAttribute("aria-pressed", String(button.dataset.sound === name));
    this.pair.hear({ a: 0, b: 1, none: null }[name]);
  }

  /** The same rung for both: two sizes of one picture would differ. */
  #rungs(wanted = "") {
    const films = this.sides.filter((side) => side.rate);
    const menu = this.page.querySelector("[data-menu=rung]");
    if (!menu || films.some((side) => side.rungs.length === 0)) return;
    const common = films[0].rungs.filter((rung) => films.every((side) => side.rungs.includes(rung)));
    const lines = this.stage.clientHeight * (devicePixelRatio || 1);
    const large = common.filter((rung) => Number.parseInt(rung, 10) >= lines);
    const rung = wanted || large.at(-1) || common[0];
    for (const side of films) side.choose(rung ?? side.rungs[0]);
    menu.hidden = common.length < 2;
    menu.querySelector("summary").textContent = rung ?? "";
    menu.querySelector(".menu-list").replaceChildren(...common.map((one) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: one, onclick: () => this.#rungs(one) });
      button.setAttribute("aria-pressed", String(one === rung));
      return button;
    }));
  }

  #length() {
    const slider = this.page.querySelector("[data-position]");
    const { first, last } = this.pair.mapping;
    if (slider) Object.assign(slider, { min: first, max: last, step: 1 });
    const field = this.page.querySelector("[data-offset-field]");
    if (field) field.value = this.pair.offset;
    this.notes?.draw();
    this.#redraw();
  }

  #moving() {
    this.page.classList.toggle("moving", this.pair.moving);
    this.page.querySelector("[data-do=play]")?.setAttribute("aria-label", this.pair.moving ? t("Pause") : t("Play"));
  }

  /** Keep the address true to what is shown, so that it can be sent to somebody. */
  #address() {
    const asked = new URLSearchParams(location.search);
    asked.set("mode", this.painter.mode);
    if (this.pair.films) asked.set("offset", this.pair.offset);
    rename(asked.toString());
  }

  #redraw() { this.#dirty = true; }

  #tick() {
    this.pair.tick();
    if (this.#dirty) this.#paint();
    this.#frame = requestAnimationFrame(() => this.#tick());
  }

  #paint() {
    this.#dirty = false;
    this.painter.fit();
    this.painter.paint(this.pair.pictures);
    this.drawings.look();
    this.writing.look();
    const { page, pair, painter } = this;
    pair.pair.forEach((frame, index) => this.#name(this.roots[index], this.sides[index], frame));
    const slider = page.querySelector("[data-position]");
    if (slider && !slider.matches(":active")) slider.value = pair.at;
    const amount = amounts()[painter.mode];
    if (amount) {
      const input = page.querySelector("[data-amount]");
      if (!input.matches(":active")) input.value = painter[amount.key];
      page.querySelector("[data-amount-text]").textContent = amount.text(painter[amount.key]);
    }
    this.stage.style.setProperty("--edge", `${painter.edge / (painter.canvas.width / (painter.canvas.clientWidth || 1))}px`);
    page.querySelector("[data-do=loop]")?.setAttribute("aria-pressed", String(pair.looping));
    page.querySelector("[data-zoom]").textContent = `${Math.round(painter.view.zoom * 100)} %`;
  }

  #name(root, side, frame) {
    const line = root.querySelector("[data-now]");
    if (!line || !side.rate) return;
    root.dataset.frame = frame ?? "";
    line.textContent = frame === null ? t("has no picture here") : side.paged ? side.label(frame) : `${side.label(frame)} · ${frame}`;
  }

  #snapshot() {
    this.#paint();
    this.painter.canvas.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `compare-${this.painter.mode}-${this.pair.at}.png`;
      link.dataset.plain = "";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      toast(t("Saved what is shown as a picture."));
    }, "image/png");
  }

  #full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.page.requestFullscreen();
  }
}
