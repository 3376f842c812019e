/** The menu of captions: the text tracks that the playlist names, or none of them. */

import { keep, recall } from "./memory.js";
import { choice } from "./menus.js";
import { t } from "../lib/words.js";

const MEMORY = "captions";

export class Captions {
  #last = null;

  /** `menu`: a `details.menu`, hidden while there is nothing to choose. */
  constructor(menu, video) {
    Object.assign(this, { menu, tracks: video.textTracks });
    this.wanted = recall(MEMORY, (kept) => typeof kept === "string", null); // a language or label
    for (const event of ["addtrack", "removetrack", "change"]) this.tracks.addEventListener(event, () => this.#draw());
    this.tracks.addEventListener("addtrack", ({ track }) => { if (this.wanted !== null && named(track) === this.wanted) this.#show(track); });
  }

  get #all() {
    return [...this.tracks].filter((track) => track.kind === "subtitles" || track.kind === "captions");
  }

  /** Show one track, or with null none; the source loads what is shown. */
  choose(wanted) {
    this.wanted = wanted && named(wanted);
    keep(MEMORY, this.wanted);
    this.#show(wanted);
  }

  /** None, or the ones that were shown last; the first where none ever was. */
  toggle() {
    const all = this.#all;
    const shown = all.find((track) => track.mode === "showing");
    if (shown) this.#last = named(shown);
    this.choose(shown ? null : (all.find((track) => named(track) === this.#last) ?? all[0] ?? null));
  }

  #show(wanted) {
    for (const track of this.#all) track.mode = track === wanted ? "showing" : "disabled";
    this.#draw();
  }

  #draw() {
    const all = this.#all;
    const shown = all.find((track) => track.mode === "showing") || null;
    const line = (track, text) => choice(text, track === shown, () => this.choose(track));
    this.menu.hidden = all.length === 0;
    this.menu.querySelector(".menu-list").replaceChildren(line(null, t("Off")), ...all.map((track) => line(track, track.label || track.language)));
  }
}

function named(track) {
  return track.language || track.label;
}
