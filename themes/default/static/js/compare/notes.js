/** The notes of both versions in one list by frame, as marks under the timeline, and drawn on both; live. */

import { call, quietly } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { listen } from "../lib/live.js";
import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { wholeWords } from "../pages/note-parts.js";

export class BothNotes {
  #notes = [];
  #shown = "open";
  #asking = null;

  /** `panel`: the list's section; `drawings`: `BothDrawings`; `go(n)`: show a frame of the transport. */
  constructor(panel, strip, pair, drawings, go) {
    Object.assign(this, { panel, strip, pair, drawings, go });
    for (const button of panel.querySelectorAll("[data-show]")) {
      button.addEventListener("click", () => {
        this.#shown = button.dataset.show;
        for (const one of panel.querySelectorAll("[data-show]")) one.setAttribute("aria-pressed", String(one === button));
        this.draw();
      });
    }
  }

  /** Ask for the notes of both; asked while that goes on, it is asked once more. */
  async look(sides) {
    const before = this.#asking;
    const mine = {};
    this.#asking = mine;
    if (before) await before.done;
    if (this.#asking !== mine) return;
    mine.done = Promise.all(sides.map((side, index) => all(side.dataset, index)));
    const found = await mine.done;
    this.#notes = found.flat();
    if (this.#asking === mine) this.#asking = null;
    this.draw();
  }

  /** Follow what is written on either from now on; answers the end of it. */
  follow(sides) {
    const versions = [...new Set(sides.map((side) => side.dataset.versionId))];
    const ends = versions.map((id) => listen(`/api/preview/events?version_id=${id}`, { comments: () => quietly(this.look(sides)) }));
    return () => ends.forEach((end) => end());
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
    this.drawings.set(shown);
  }

  #element(note, n) {
    const place = n === null ? make("span", { class: "muted" }, wholeWords()) : make(
      "button", { type: "button", class: "note-place", "data-frame": n, title: t("Show both there"), onclick: () => this.go(n) }, note.timecode ?? this.#unit(note),
    );
    const head = make("div", { class: "note-head" }, make("span", { class: `side-name is-${"ab"[note.side]}` }, "AB"[note.side]), place, make("span", { class: "by" }, note.author?.display_name ?? t("Somebody who left")));
    head.append(make("time", { class: "muted", datetime: note.created_at }, ago(note.created_at)));
    if (note.resolved_at) head.append(make("span", { class: "muted" }, "✓"));
    const item = make("li", { class: `note is-${"ab"[note.side]}`, "data-note-id": note.id, "data-resolved": String(note.resolved_at !== null) }, head, make("p", { class: "note-body" }, note.body));
    if (note.replies.length) item.append(make("p", { class: "small muted" }, t("{count} reply|{count} replies", {}, note.replies.length)));
    return item;
  }

  #unit({ side, frame }) {
    return this.pair.sides[side].paged ? this.pair.sides[side].label(frame) : t("Frame {frame}", { frame });
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
