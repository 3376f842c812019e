/** The form of a new note: where it stands follows the picture until something is typed, and then stays. */

import { keep, recall } from "../lib/draft.js";
import { attempt } from "../lib/ui.js";
import { sendByEnter } from "./note-parts.js";

export class Writing {
  #player = null;
  #pinned = null; // {frame, frame_out} once something is typed
  #whole = false;
  #off = () => {};
  #sending = false;

  /** `send(note)` answers once the note is stored; its words are kept in this browser until then. */
  constructor(form, versionId, send) {
    Object.assign(this, { form, versionId, send });
    this.area = form.querySelector("textarea");
    this.place = form.querySelector("[data-notes-place]");
    this.internal = form.querySelector("[name=internal]");
    this.#recall();
    this.area.addEventListener("input", () => this.#typed());
    this.internal?.addEventListener("change", () => this.#keep());
    this.place.addEventListener("click", () => { this.#whole = !this.#whole; this.#keep(); this.#draw(); });
    form.addEventListener("submit", (event) => { event.preventDefault(); attempt(() => this.#send()); });
    sendByEnter(this.area, form, () => this.area.blur());
    this.#draw();
  }

  /** Notes stand at this player's frames from now on; null where there is none. */
  attach(player) {
    this.#off();
    this.#player = player;
    this.#off = player?.onframe(() => { if (!this.#pinned) this.#draw(); }) ?? (() => {});
    this.#draw();
  }

  /** Key M: write at the frame on screen. */
  begin() {
    if (!this.area.value) this.#pinned = null;
    this.#player?.seekFrame(this.#player.currentFrame());
    this.form.closest(".folded")?.querySelector("h2 button")?.click();
    this.form.scrollIntoView({ block: "nearest" });
    this.area.focus();
    this.#draw();
  }

  end() {
    this.#off();
  }

  /** The frame on screen, or the loop that I and O set. */
  get #here() {
    if (!this.#player?.frames) return null;
    return this.#player.range ?? { frame: this.#player.currentFrame(), frame_out: null };
  }

  get #standing() {
    return this.#whole ? null : (this.#pinned ?? this.#here);
  }

  #typed() {
    if (!this.area.value) this.#pinned = null;
    else if (!this.#pinned) this.#pin();
    this.#keep();
    this.#draw();
  }

  #pin() {
    this.#pinned = this.#here;
    if (this.#pinned && this.#pinned.frame_out === null) this.#player.seekFrame(this.#pinned.frame);
  }

  async #send() {
    const body = this.area.value.trim();
    if (!body || this.#sending) return;
    this.#sending = true;
    this.#draw();
    try {
      const written = this.area.value;
      await this.send({ body, ...this.#standing, internal: this.internal?.checked ?? false });
      if (this.area.value !== written) return; // the next note was begun meanwhile: it stays
      this.area.value = "";
      this.#pinned = null;
      this.#whole = false;
      this.#keep();
    } finally {
      this.#sending = false;
      this.#draw();
    }
  }

  #keep() {
    keep(this.versionId, { body: this.area.value, pinned: this.#pinned, whole: this.#whole, internal: this.internal?.checked ?? false });
  }

  #recall() {
    const kept = recall(this.versionId);
    if (!kept) return;
    this.area.value = kept.body;
    this.#pinned = kept.pinned && Number.isInteger(kept.pinned.frame) ? kept.pinned : null;
    this.#whole = kept.whole === true;
    if (this.internal) this.internal.checked = kept.internal === true;
  }

  #draw() {
    const at = this.#standing;
    const label = (frame) => this.#player?.timecode(frame) || `Frame ${frame}`;
    const text = at ? label(at.frame) + (at.frame_out === null ? "" : ` – ${label(at.frame_out)}`) : "Whole clip";
    if (this.place.textContent !== text) this.place.textContent = text;
    this.place.setAttribute("aria-pressed", String(at !== null));
    this.place.hidden = !this.#player?.frames && !at;
    this.form.querySelector("[type=submit]").disabled = this.#sending || !this.area.value.trim();
  }
}
