/** A note on either side, at the frame that is shown of it; what is not sent yet is kept. */

import { call } from "../lib/api.js";
import { keep, recall } from "../lib/draft.js";
import { attempt } from "../lib/ui.js";
import { t } from "../lib/words.js";

export class Writing {
  #side = 0;

  /** `form`: the form of the page, or null; `roots`: both sides' elements; `pair`: whose frames are shown. */
  constructor(form, roots, pair) {
    Object.assign(this, { form, roots, pair });
    if (!form) return;
    this.area = form.querySelector("textarea");
    this.area.value = recall(this.#name)?.body ?? "";
    this.area.addEventListener("input", () => this.#keep());
    this.area.addEventListener("focus", () => { if (pair.moving) attempt(() => pair.stop()); });
    this.area.addEventListener("keydown", (event) => this.#key(event));
    form.addEventListener("submit", (event) => { event.preventDefault(); attempt(() => this.#send()); });
    for (const button of form.querySelectorAll("[data-write]")) button.addEventListener("click", () => this.choose(Number(button.dataset.write)));
    this.choose(recall(this.#name)?.side ?? 0);
  }

  /** Write on this side (0: A, 1: B) from now on. */
  choose(side) {
    this.#side = side;
    for (const button of this.form.querySelectorAll("[data-write]")) button.setAttribute("aria-pressed", String(Number(button.dataset.write) === side));
    this.#keep();
    this.look();
  }

  focus() {
    this.area?.focus();
  }

  /** Say where the note would stand now. */
  look() {
    if (!this.form) return;
    const where = this.#where();
    const line = this.form.querySelector("[data-at]");
    if (line.textContent !== where) line.textContent = where;
  }

  #where() {
    const side = this.pair.sides[this.#side];
    const frame = this.#frame();
    if (!side.rate) return "";
    return frame === null ? t("has no picture here") : side.label(frame);
  }

  /** Null where notes stand on the whole, or nothing is shown of that side. */
  #frame() {
    return this.pair.sides[this.#side].rate ? this.pair.pair[this.#side] : null;
  }

  async #send() {
    const body = this.area.value.trim();
    if (!body) return;
    const { assetId, versionId } = this.roots[this.#side].dataset;
    await call("POST", `/api/assets/${assetId}/comments`, { version_id: versionId, frame: this.#frame(), body });
    this.area.value = "";
    this.#keep();
    this.area.blur();
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.area.blur();
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #keep() {
    keep(this.#name, { body: this.area.value, side: this.#side });
  }

  get #name() {
    return `compare-${this.roots.map((root) => root.dataset.versionId).join("-")}`;
  }
}
