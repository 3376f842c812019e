/** The form of a new note: where it stands follows the picture until something is typed, and then stays. */

import { keep, recall } from "../lib/draft.js";
import { attempt, icon, make } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { Attaching } from "./note-files.js";
import { Naming } from "./note-names.js";
import { sendByEnter, wholeWords } from "./note-parts.js";

export class Writing {
  #player = null;
  #pinned = null; // {frame, frame_out} once something is typed
  #whole = false;
  #off = () => {};
  #sending = false;

  /**
   * `send(note, files)` answers once the note is stored; its words are kept in this browser until then. `drawing`: a
   * `Drawing`, whose shapes go with the note and say where it stands.
   */
  constructor(form, versionId, send, drawing = null) {
    Object.assign(this, { form, versionId, send, drawing });
    this.area = form.querySelector("textarea");
    this.place = form.querySelector("[data-notes-place]");
    this.internal = form.querySelector("[name=internal]");
    this.attaching = new Attaching(form);
    this.naming = form.dataset.naming ? new Naming(this.area, form.dataset.naming, { internal: () => this.internal?.checked ?? false }) : null;
    this.#recall();
    this.area.addEventListener("input", () => this.#typed());
    this.internal?.addEventListener("change", () => this.#keep());
    this.place.addEventListener("click", () => { this.#whole = !this.#whole; this.#keep(); this.#draw(); });
    form.addEventListener("submit", (event) => { event.preventDefault(); attempt(() => this.#send()); });
    sendByEnter(this.area, form, () => this.rest());
    form.querySelector("[data-notes-cancel]").addEventListener("click", () => this.rest());
    if (drawing) Object.assign(drawing, { onbegin: (frame) => this.#drawnOn(frame), onchange: () => this.#drawn() });
    this.chip = drawing && drawnChip();
    if (this.chip) this.area.after(this.chip);
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
    this.form.classList.add("sheet"); // on a phone it lies over the page until it is sent or put away
    this.form.scrollIntoView({ block: "nearest" });
    this.area.focus();
    this.#draw();
  }

  /** Put the form away; what was typed stays. */
  rest() {
    this.form.classList.remove("sheet");
    this.area.blur();
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

  /** A drawing begins on this frame (null: the only picture): the note stands there from now on. */
  #drawnOn(frame) {
    this.#whole = false;
    if (frame === null) return null;
    const range = this.#pinned ?? this.#player.range;
    const inside = range && frame >= range.frame && frame <= (range.frame_out ?? range.frame);
    this.#pinned = inside ? range : { frame, frame_out: null };
    this.#player.seekFrame(frame);
    this.#draw();
    return this.#pinned;
  }

  #drawn() {
    if (this.drawing.value()) this.#pinned = this.drawing.place ?? this.#pinned;
    else if (!this.area.value) this.#pinned = null;
    this.#keep();
    this.#draw();
  }

  #typed() {
    if (!this.area.value) this.#pinned = this.drawing?.place ?? null;
    else if (!this.#pinned) this.#pin();
    this.#keep();
    this.#draw();
  }

  #pin() {
    this.#pinned = this.#here;
    if (this.#pinned && this.#pinned.frame_out === null) this.#player.seekFrame(this.#pinned.frame);
  }

  async #send() {
    const drawing = this.drawing?.value() ?? null;
    const body = this.#source.trim() || (drawing ? t("Drawing") : "");
    if (!body || this.#sending) return;
    this.#sending = true;
    this.#draw();
    try {
      const written = this.area.value;
      await this.send({ body, ...this.#standing, internal: this.internal?.checked ?? false, ...(drawing && { drawing }) }, () => this.attaching.take());
      this.drawing?.sent(drawing);
      if (this.area.value !== written) return; // the next note was begun meanwhile: it stays
      this.area.value = "";
      this.#pinned = null;
      this.#whole = false;
      this.form.classList.remove("sheet");
      this.#keep();
    } finally {
      this.#sending = false;
      this.#draw();
    }
  }

  /** The words as they are sent: with the ids of the people whom they name. */
  get #source() {
    return this.naming?.source ?? this.area.value;
  }

  #keep() {
    keep(this.versionId, { body: this.area.value, pinned: this.#pinned, whole: this.#whole, internal: this.internal?.checked ?? false, names: this.naming?.pairs ?? [] });
  }

  #recall() {
    const kept = recall(this.versionId);
    if (this.drawing?.value()) this.#pinned = this.drawing.place;
    if (!kept) return;
    this.area.value = kept.body;
    for (const [name, id] of kept.names ?? []) this.naming?.names.set(name, id);
    this.#pinned ??= kept.pinned && Number.isInteger(kept.pinned.frame) ? kept.pinned : null;
    this.#whole = kept.whole === true;
    if (this.internal) this.internal.checked = kept.internal === true;
  }

  #draw() {
    const at = this.#standing;
    const label = (frame) => this.#player?.timecode(frame) || t("Frame {frame}", { frame });
    const text = at ? label(at.frame) + (at.frame_out === null ? "" : ` – ${label(at.frame_out)}`) : wholeWords();
    if (this.place.textContent !== text) this.place.textContent = text;
    this.place.setAttribute("aria-pressed", String(at !== null));
    this.place.hidden = !this.#player?.frames && !at;
    const drawn = Boolean(this.drawing?.value());
    if (this.chip) this.chip.hidden = !drawn;
    this.place.disabled = drawn; // it lies where it was drawn
    this.form.querySelector("[type=submit]").disabled = this.#sending || !(drawn || this.area.value.trim());
  }
}

/** Says that a drawing goes with the note, and puts it away. */
function drawnChip() {
  return make(
    "div", { class: "drawn-chip", hidden: true }, icon("pencil"), make("span", {}, t("Drawing")),
    make("button", { type: "button", class: "icon-only", "data-draw-clear": true, "aria-label": t("Put the drawing away"), title: t("Put the drawing away") }, icon("close")),
  );
}
