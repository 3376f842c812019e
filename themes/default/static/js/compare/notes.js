/** The notes of both versions in one list by frame, and as marks under the timeline. */

import { call } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { wholeWords } from "../pages/note-parts.js";

export class BothNotes {
  #notes = [];
  #shown = "open";

  /** `panel`: the list's section; `go(n)`: show a frame of the transport. */
  constructor(panel, strip, pair, go) {
    Object.assign(this, { panel, strip, pair, go });
    for (const button of panel.querySelectorAll("[data-show]")) {
      button.addEventListener("click", () => {
        this.#shown = button.dataset.show;
        for (const one of panel.querySelectorAll("[data-show]")) one.setAttribute("aria-pressed", String(one === button));
        this.draw();
      });
    }
  }

  /** Ask for the notes of both. */
  async look(sides) {
    const found = await Promise.all(sides.map((side, index) => all(side.dataset, index)));
    this.#notes = found.flat();
    this.draw();
  }

  /** The list and the marks, at the offset there is now. */
  draw() {
    const { mapping } = this.pair;
    const shown = this.#notes.filter((note) => this.#shown === "all" || (note.resolved_at !== null) === (this.#shown === "resolved"));
    const placed = shown.map((note) => ({ note, n: note.frame === null ? null : mapping.from(note.side, note.frame) }));
    placed.sort((a, b) => (a.n ?? -Infinity) - (b.n ?? -Infinity) || a.note.side - b.note.side || (a.note.created_at < b.note.created_at ? -1 : 1));
    const list = this.panel.querySelector("[data-list]");
    list.replaceChildren(...placed.map(({ note, n }) => this.#element(note, n)));
    const empty = this.panel.querySelector("[data-empty]");
    empty.hidden = placed.length > 0;
    empty.textContent = this.#notes.length ? none(this.#shown) : t("No notes on either.");
    this.panel.querySelector("[data-count]").textContent = this.#notes.length ? t("{shown} of {all}", { shown: placed.length, all: this.#notes.length }) : "";
    this.#marks(placed.filter(({ n }) => n !== null));
  }

  #element(note, n) {
    const place = n === null ? make("span", { class: "muted" }, wholeWords()) : make(
      "button", { type: "button", class: "note-place", "data-frame": n, title: t("Show both there"), onclick: () => this.go(n) }, note.timecode ?? t("Frame {frame}", { frame: note.frame }),
    );
    const head = make("div", { class: "note-head" }, make("span", { class: `side-name is-${"ab"[note.side]}` }, "AB"[note.side]), place, make("span", { class: "by" }, note.author?.display_name ?? t("Somebody who left")));
    head.append(make("time", { class: "muted", datetime: note.created_at }, ago(note.created_at)));
    if (note.resolved_at) head.append(make("span", { class: "muted" }, "✓"));
    const item = make("li", { class: `note is-${"ab"[note.side]}`, "data-note-id": note.id, "data-resolved": String(note.resolved_at !== null) }, head, make("p", { class: "note-body" }, note.body));
    if (note.replies.length) item.append(make("p", { class: "small muted" }, t("{count} reply|{count} replies", {}, note.replies.length)));
    return item;
  }

  #marks(placed) {
    if (!this.strip) return; // stills have no timeline
    const { first, last } = this.pair.mapping;
    const span = last - first + 1;
    this.strip.replaceChildren(...placed.map(({ note, n }) => {
      const mark = make("button", { type: "button", tabindex: "-1", class: `is-${"ab"[note.side]}`, "data-frame": n, title: `${"AB"[note.side]} · ${note.timecode ?? n} · ${note.body.slice(0, 120)}`, onclick: () => this.go(n) });
      mark.style.left = `${((n - first) / span) * 100}%`;
      return mark;
    }));
    this.strip.hidden = placed.length === 0;
  }
}

async function all({ assetId, versionId }, side) {
  const found = [];
  let cursor = "";
  do {
    const page = await call("GET", `/api/assets/${assetId}/comments?version_id=${versionId}&limit=200${cursor && `&cursor=${cursor}`}`);
    found.push(...page.items.map((note) => ({ ...note, side })));
    cursor = page.next_cursor || "";
  } while (cursor);
  return found;
}

/** Why nothing is listed though there are notes. */
function none(shown) {
  return { open: t("No open notes on either."), resolved: t("No resolved notes on either."), all: t("No notes on either.") }[shown];
}
