/** The menu of captions: the text tracks that the playlist names, or none of them. */

import { choice } from "./menus.js";

export class Captions {
  /** `menu`: a `details.menu`, hidden while there is nothing to choose. */
  constructor(menu, video) {
    Object.assign(this, { menu, tracks: video.textTracks });
    for (const event of ["addtrack", "removetrack", "change"]) this.tracks.addEventListener(event, () => this.#draw());
  }

  get #all() {
    return [...this.tracks].filter((track) => track.kind === "subtitles" || track.kind === "captions");
  }

  /** Show one track, or with null none; the source loads what is shown. */
  choose(wanted) {
    for (const track of this.#all) track.mode = track === wanted ? "showing" : "disabled";
    this.#draw();
  }

  #draw() {
    const all = this.#all;
    const shown = all.find((track) => track.mode === "showing") || null;
    const line = (track, text) => choice(text, track === shown, () => this.choose(track));
    this.menu.hidden = all.length === 0;
    this.menu.querySelector(".menu-list").replaceChildren(line(null, "Off"), ...all.map((track) => line(track, track.label || track.language)));
  }
}
