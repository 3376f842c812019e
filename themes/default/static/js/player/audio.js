/** The menu of audio tracks, by the names that the master gave them; hidden while there is nothing to choose. */

import { choice } from "./menus.js";
import { t } from "../lib/words.js";

export class Audio {
  /** `menu`: a `details.menu`; `source` knows the tracks and emits `audio` when they, or the choice, change. */
  constructor(menu, source) {
    Object.assign(this, { menu, source });
    source.addEventListener("audio", () => this.#draw());
  }

  #draw() {
    const { audioTracks: tracks, audio } = this.source;
    this.menu.hidden = tracks.length < 2;
    this.menu.querySelector("[data-count]").textContent = String(audio + 1);
    this.menu.querySelector("summary").title = t("Audio track: {label}", { label: tracks[audio]?.label ?? "" });
    this.menu.querySelector(".menu-list").replaceChildren(
      ...tracks.map(({ index, label }) => choice(label, index === audio, () => this.source.chooseAudio(index))),
    );
  }
}
