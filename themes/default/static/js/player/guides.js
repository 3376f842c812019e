/**
 * Lines over the picture, in its own coordinates: safe areas, thirds, the middle, mattes of other formats. What
 * was chosen is remembered; they are never part of what is downloaded.
 */

import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { keep, recall } from "./memory.js";
import { choice } from "./menus.js";

const MEMORY = "guides";
const NS = "http://www.w3.org/2000/svg";
/** Parts of width and height inside the safe areas (SMPTE ST 2046-1). */
export const SAFE = { action: 0.93, title: 0.9 };
/** Width to height of the formats that a matte leaves free. */
export const MATTES = { "2.39": 2.39, "1.85": 1.85, "16:9": 16 / 9, "4:3": 4 / 3, "1:1": 1, "4:5": 4 / 5, "9:16": 9 / 16 };
const LINES = ["action", "title", "centre", "thirds"];
const lines = () => ({ action: t("Action safe 93 %"), title: t("Title safe 90 %"), centre: t("Centre cross"), thirds: t("Thirds") });
const ARM = 0.04; // of the picture's height

/** The part of a picture that a matte leaves free: {x, y, width, height} of 1. `aspect` is the picture's. */
export function matteBox(ratio, aspect) {
  const [width, height] = ratio > aspect ? [1, aspect / ratio] : [ratio / aspect, 1];
  return { x: (1 - width) / 2, y: (1 - height) / 2, width, height };
}

/** The box of a safe area, of 1. */
export function safeBox(part) {
  return { x: (1 - part) / 2, y: (1 - part) / 2, width: part, height: part };
}

const rectangle = ({ x, y, width, height }) => `M${x} ${y}h${width}v${height}h${-width}z`;

/** The lines that are wanted as one SVG path in a square of 1. */
export function linesOf(wanted, aspect) {
  const paths = ["action", "title"].filter((name) => wanted[name]).map((name) => rectangle(safeBox(SAFE[name])));
  if (wanted.centre) paths.push(`M${0.5 - ARM / aspect} .5h${(2 * ARM) / aspect}M.5 ${0.5 - ARM}v${2 * ARM}`);
  if (wanted.thirds) for (const at of [1 / 3, 2 / 3]) paths.push(`M${at} 0v1M0 ${at}h1`);
  return paths.join("");
}

export class Guides {
  /** `menu`: a `details.menu`; `picture`: a `Picture`. */
  constructor(menu, picture) {
    Object.assign(this, { menu, picture });
    this.wanted = recall(MEMORY, (kept) => typeof kept === "object", { on: false });
    this.svg = document.createElementNS(NS, "svg");
    for (const [name, value] of Object.entries({ class: "guides", viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" })) this.svg.setAttribute(name, value);
    this.parts = Object.fromEntries(["matte", "under", "line"].map((name) => [name, this.#path(name)]));
    picture.element.after(this.svg);
    this.place = () => this.#draw();
    picture.addEventListener("layout", this.place);
    this.#fill();
    this.#tell();
  }

  end() {
    this.picture.removeEventListener("layout", this.place);
    this.svg.remove();
  }

  /** All of them away, or back; the safe areas where nothing was chosen yet. */
  toggle() {
    const some = this.wanted.matte || LINES.some((name) => this.wanted[name]);
    this.#want(some ? { on: !this.wanted.on } : { on: true, action: true, title: true });
  }

  #path(name) {
    const path = document.createElementNS(NS, "path");
    path.setAttribute("class", `is-${name}`);
    this.svg.append(path);
    return path;
  }

  #want(change) {
    this.wanted = { ...this.wanted, ...change };
    keep(MEMORY, this.wanted);
    this.#tell();
  }

  /** A line that is chosen while all are away brings back only itself. */
  #choose(change) {
    const others = Object.fromEntries([...LINES, "matte"].map((name) => [name, false]));
    this.#want({ ...(this.wanted.on ? {} : others), on: true, ...change });
  }

  #holds(name) {
    return Boolean(this.wanted.on && this.wanted[name]);
  }

  /** Lines that stay while they are chosen from: a menu whose line is replaced would close. */
  #fill() {
    this.lines = Object.entries(lines()).map(([name, text]) => ({ name, line: choice(text, false, () => this.#choose({ [name]: !this.#holds(name) })) }));
    this.mattes = [null, ...Object.keys(MATTES)].map((name) => ({ name, line: choice(name ?? t("No matte"), false, () => this.#choose({ matte: name })) }));
    for (const { line } of [...this.lines, ...this.mattes]) line.dataset.keep = "";
    const mattes = make("div", { class: "mattes", role: "group", "aria-label": t("Matte") }, ...this.mattes.map(({ line }) => line));
    this.menu.querySelector(".menu-list").replaceChildren(...this.lines.map(({ line }) => line), make("hr"), mattes);
  }

  #tell() {
    const matte = (this.#holds("matte") && this.wanted.matte) || null;
    for (const { name, line } of this.lines) line.setAttribute("aria-pressed", String(this.#holds(name)));
    for (const { name, line } of this.mattes) line.setAttribute("aria-pressed", String(name === matte));
    this.menu.querySelector("summary").dataset.on = String(matte !== null || LINES.some((name) => this.#holds(name)));
    this.#draw();
  }

  #draw() {
    const rect = this.picture.rect;
    this.svg.toggleAttribute("hidden", !rect || !this.wanted.on);
    if (!rect || !this.wanted.on) return;
    for (const side of ["left", "top", "width", "height"]) this.svg.style[side] = `${rect[side]}px`;
    const aspect = rect.width / rect.height;
    const ratio = MATTES[this.wanted.matte];
    this.parts.matte.setAttribute("d", ratio ? `M0 0h1v1h-1z${rectangle(matteBox(ratio, aspect))}` : "");
    for (const name of ["under", "line"]) this.parts[name].setAttribute("d", linesOf(this.wanted, aspect));
  }
}
