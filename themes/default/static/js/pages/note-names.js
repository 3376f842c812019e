/**
 * Naming people: `@` and the beginning of a name offers who could read the note, by keyboard.
 *
 * The field shows names; what is sent holds ids (`@[id]`), so that a note keeps meaning the same person.
 */

import { call, quietly } from "../lib/api.js";
import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";

const BEGUN = /(?:^|[\s([{"'])@([\p{L}\p{N}][\p{L}\p{N}._'-]*(?: [\p{L}\p{N}._'-]*)?|)$/u;
const WAIT = 120; // ms without typing before somebody is asked for

let lists = 0;

/** Names as they are typed, for a note that is edited: its source with names, and who they are. */
export function readable(note) {
  const names = note.mentions.map(({ id, display_name: name }) => [name, id]);
  const known = new Map(note.mentions.map((one) => [one.id, one.display_name]));
  const text = note.source.replace(/@\[([0-9a-f-]{36})\]/g, (all, id) => (known.has(id) ? `@${known.get(id)}` : all));
  return { text, names };
}

export class Naming {
  #found = [];
  #at = 0;
  #timer = 0;
  #asked = 0;

  /** `area`: the textarea; `internal()`: whether the note is to be internal; `names`: pairs of name and id known already. */
  constructor(area, assetId, { internal = () => false, names = [] } = {}) {
    Object.assign(this, { area, assetId, internal });
    this.names = new Map(names);
    this.list = make("ul", { class: "naming", role: "listbox", id: `naming-${(lists += 1)}`, "aria-label": t("People"), hidden: true });
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", this.list.id);
    area.after(this.list);
    area.addEventListener("input", () => this.#typed());
    area.addEventListener("keydown", (event) => this.#key(event), true);
    area.addEventListener("blur", () => this.#close());
  }

  /** The field's words as they are sent: ids in place of the names that were chosen. */
  get source() {
    const names = [...this.names].sort(([one], [other]) => other.length - one.length);
    let text = this.area.value;
    for (const [name, id] of names) text = text.replaceAll(`@${name}`, `@[${id}]`);
    return text;
  }

  /** Pairs of name and id, to be kept with words that were not sent. */
  get pairs() {
    return [...this.names].filter(([name]) => this.area.value.includes(`@${name}`));
  }

  get #begun() {
    const before = this.area.value.slice(0, this.area.selectionStart);
    return this.area.selectionStart === this.area.selectionEnd ? BEGUN.exec(before) : null;
  }

  #typed() {
    clearTimeout(this.#timer);
    if (!this.#begun) this.#close();
    else this.#timer = setTimeout(() => quietly(this.#ask()), WAIT);
  }

  async #ask() {
    const begun = this.#begun;
    if (!begun) return;
    const number = (this.#asked += 1);
    const query = new URLSearchParams({ q: begun[1].trim(), internal: String(this.internal()), limit: "6" });
    const { items } = await call("GET", `/api/assets/${this.assetId}/mentionable?${query}`);
    if (number !== this.#asked || !this.#begun || document.activeElement !== this.area) return;
    this.#found = items;
    this.#at = 0;
    this.#draw();
  }

  #draw() {
    this.list.hidden = this.#found.length === 0;
    this.list.replaceChildren(...this.#found.map((one, index) => {
      const item = make("li", { role: "option", id: `${this.list.id}-${index}`, "aria-selected": String(index === this.#at) }, one.display_name);
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); this.#pick(one); });
      return item;
    }));
    if (this.list.hidden) this.area.removeAttribute("aria-activedescendant");
    else this.area.setAttribute("aria-activedescendant", `${this.list.id}-${this.#at}`);
  }

  #key(event) {
    if (this.list.hidden || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#at = (this.#at + step + this.#found.length) % this.#found.length;
    else if (event.key === "Enter" || event.key === "Tab") this.#pick(this.#found[this.#at]);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (step) this.#draw();
  }

  #pick({ id, display_name: name }) {
    const [, begun] = this.#begun ?? [];
    if (begun === undefined) return;
    const end = this.area.selectionStart;
    this.names.set(name, id);
    this.area.setRangeText(`@${name} `, end - begun.length - 1, end, "end");
    this.#close();
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #close() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.#found = [];
    this.#draw();
  }
}
