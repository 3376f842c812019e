/** Which notes the list shows and in which order; kept in the page's address, with how many each choice has. */

import { rename } from "../lib/navigate.js";
import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";

const SHOWN = ["open", "resolved", "all"];
const SORTS = ["frame", "newest", "author"];
const names = () => ({ mine: t("Mine"), me: t("Naming me"), internal: t("Internal") });

export class Filter {
  /** `panel`: the notes' section; `me`: the reader's id; `changed()` is called on every choice. */
  constructor(panel, me, changed) {
    Object.assign(this, { panel, me, changed });
    const query = new URLSearchParams(location.search);
    this.show = SHOWN.includes(query.get("show")) ? query.get("show") : "open";
    this.sort = SORTS.includes(query.get("sort")) ? query.get("sort") : "frame";
    this.whose = query.get("whose") ?? "";
    this.find = query.get("find") ?? "";
    this.#start();
  }

  /** The notes that are to be listed, in their order. */
  listed(notes) {
    const found = notes.filter((note) => this.#state(note) && this.#is(note, this.whose) && this.#says(note));
    if (this.sort === "newest") return found.sort((one, other) => (one.created_at < other.created_at ? 1 : -1));
    if (this.sort === "author") return found.sort((one, other) => byName(one).localeCompare(byName(other)) || (one.frame ?? -1) - (other.frame ?? -1));
    return found;
  }

  /** Show a note's state, whatever was chosen before. */
  reveal(note) {
    if (this.listed([note]).length) return;
    Object.assign(this, { show: "all", whose: "", find: "" });
    this.#changed();
  }

  set(show) {
    this.show = show;
    this.#changed();
  }

  /** Draw the choices with how many notes each has. */
  draw(notes) {
    const within = notes.filter((note) => this.#is(note, this.whose) && this.#says(note));
    for (const button of this.panel.querySelectorAll("[data-show]")) {
      button.setAttribute("aria-pressed", String(button.dataset.show === this.show));
      const count = within.filter((note) => this.#state(note, button.dataset.show)).length;
      button.querySelector("[data-count]").textContent = count || "";
    }
    this.#drawWhose(notes.filter((note) => this.#state(note) && this.#says(note)));
    this.#part("sort").value = this.sort;
    if (this.#part("find").value !== this.find) this.#part("find").value = this.find;
  }

  #part(name) {
    return this.panel.querySelector(`[data-notes-${name}]`);
  }

  #start() {
    for (const button of this.panel.querySelectorAll("[data-show]")) button.addEventListener("click", () => this.set(button.dataset.show));
    const toggle = this.#part("narrow-toggle");
    const open = (is) => { this.#part("narrow").hidden = !is; toggle.setAttribute("aria-expanded", String(is)); };
    toggle.addEventListener("click", () => { open(this.#part("narrow").hidden); if (!this.#part("narrow").hidden) this.#part("find").focus(); });
    open(Boolean(this.whose || this.find || this.sort !== "frame"));
    this.#part("find").addEventListener("input", (event) => { this.find = event.target.value; this.#changed(); });
    this.#part("whose").addEventListener("change", (event) => { this.whose = event.target.value; this.#changed(); });
    this.#part("sort").addEventListener("change", (event) => { this.sort = event.target.value; this.#changed(); });
  }

  #changed() {
    const query = new URLSearchParams(location.search);
    const kept = { show: this.show === "open" ? "" : this.show, sort: this.sort === "frame" ? "" : this.sort, whose: this.whose, find: this.find, note: "" };
    for (const [name, value] of Object.entries(kept)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    rename(query.toString());
    this.changed();
  }

  #state(note, show = this.show) {
    return show === "all" || (note.resolved_at !== null) === (show === "resolved");
  }

  #is(note, whose) {
    if (whose === "") return true;
    if (whose === "mine") return note.author?.id === this.me;
    if (whose === "me") return [note, ...note.replies].some((one) => one.mentions.some((person) => person.id === this.me));
    if (whose === "internal") return note.internal;
    return byKey(note) === whose;
  }

  #says(note) {
    const wanted = this.find.trim().toLowerCase();
    return !wanted || [note, ...note.replies].some((one) => one.body.toLowerCase().includes(wanted));
  }

  #drawWhose(notes) {
    const counted = (whose) => notes.filter((note) => this.#is(note, whose)).length;
    const option = (value, name) => make("option", { value }, `${name} (${counted(value)})`);
    const authors = new Map(notes.map((note) => [byKey(note), byName(note)]));
    if (this.whose && !(this.whose in names()) && !authors.has(this.whose)) authors.set(this.whose, t("Somebody"));
    const kinds = Object.entries(names()).filter(([value]) => (value !== "internal" || this.panel.dataset.mayManage === "true") && this.me);
    const people = make("optgroup", { label: t("By") }, ...[...authors].sort(([, one], [, other]) => one.localeCompare(other)).map(([value, name]) => option(value, name)));
    const select = this.#part("whose");
    if (document.activeElement === select) return; // an open list does not change under the hand
    select.replaceChildren(option("", t("Everybody")), ...kinds.map(([value, name]) => option(value, name)), ...(authors.size ? [people] : []));
    select.value = this.whose;
  }
}

const byName = (note) => note.author?.display_name ?? t("Somebody who left");
const byKey = (note) => note.author?.id ?? `name:${byName(note)}`;
