/**
 * The grid or list of a project's cards. A short one is in the page as it is; of a long one only the cards near the
 * reader's eye are, the height of all others is reserved, and the rest is fetched as it comes near.
 *
 * Tells the grid: `drawn` when other cards are in the page, `gone` when one left the list, `anew` when it is another.
 */

import { quietly } from "./api.js";
import { drawAll, showPictures } from "./blurhash.js";
import { Windows } from "./windows.js";

const SHORT = 120; // cards that are all kept in the page
const AHEAD = 0.75; // screens above and below the visible one that are filled
const NEAR = 60; // cards beyond those whose windows are fetched ahead
const AT_ONCE = 3; // windows being fetched
const PAUSE = 60; // ms between looks at what is to be fetched: who flies past wants none of it
const AGAIN = 3000; // ms until a window that could not be had is asked for again
const SETTLED = 200; // ms without scrolling until the place is kept for coming back

export class Shelf {
  constructor(grid) {
    this.grid = grid;
    this.windows = new Windows();
    this.holes = new Map(); // place → what stands there until the card comes
    this.size = { columns: 1, width: 0, row: 0, gap: 0, side: 0 };
    this.shown = [0, 0];
    this.held = null; // the card that is being dragged
    this.aim = null; // the place that is to have the focus, before its card is there
  }

  /** Take over the cards that the server put into the grid; answers the end of it. */
  start() {
    const { grid } = this;
    const look = () => { this.frame ??= requestAnimationFrame(() => { this.frame = null; this.draw(); }); };
    const onScroll = () => { look(); clearTimeout(this.rest); this.rest = setTimeout(() => this.remember(), SETTLED); };
    const onOther = () => { this.aim = null; };
    const onDrag = (event) => { this.held = event.type === "dragstart" ? event.target.closest?.(".card") : null; };
    const onLeave = () => this.remember();
    const watcher = new ResizeObserver(() => { if (grid.clientWidth !== this.wide) this.refit(); });
    addEventListener("scroll", onScroll, { passive: true });
    addEventListener("pagehide", onLeave);
    for (const name of ["pointerdown", "wheel"]) addEventListener(name, onOther, { passive: true });
    grid.addEventListener("focusin", onOther);
    grid.addEventListener("dragstart", onDrag);
    grid.addEventListener("dragend", onDrag);
    watcher.observe(grid);
    const more = grid.parentElement.querySelector("[data-more]");
    this.take([...grid.querySelectorAll(".card")], more, history.state?.shelf);
    return () => {
      this.windows.drop();
      watcher.disconnect();
      removeEventListener("scroll", onScroll);
      removeEventListener("pagehide", onLeave);
      for (const name of ["pointerdown", "wheel"]) removeEventListener(name, onOther);
      for (const timer of [this.rest, this.asking, this.later]) clearTimeout(timer);
    };
  }

  get count() {
    return this.windows.count;
  }

  /** Whether only a part of the list is in the page. */
  get long() {
    return this.windows.complete && this.count > SHORT;
  }

  /** Show another list: a piece of cards as the server answers it. `stay` keeps the place on the page. */
  anew(piece, { stay = false } = {}) {
    this.grid.parentElement.querySelector("[data-more]")?.remove();
    this.grid.replaceChildren();
    this.holes.clear();
    const more = piece.querySelector("[data-more]");
    const cards = [...piece.querySelectorAll(".card")];
    if (more) this.grid.after(more);
    this.take(cards, more, stay ? { top: scrollY } : null);
    this.tell("anew");
  }

  take(cards, more, kept) {
    this.windows.set(cards, more?.dataset.more ?? null);
    this.draw(true);
    if (more) quietly(this.outline(more, kept));
    else if (kept) scrollTo(0, kept.top);
  }

  /** Learn how long the list is; until then it is its first cards and a link to more. */
  async outline(more, kept) {
    try {
      if (!await this.windows.outline()) return;
    } catch (error) {
      if (error.name !== "AbortError") this.later = setTimeout(() => quietly(this.outline(more, kept)), AGAIN);
      throw error;
    }
    more.remove();
    this.refit();
    if (kept) scrollTo(0, kept.top);
  }

  /** Come back to this place when the reader does. */
  remember() {
    const top = Math.round(scrollY);
    if ((history.state?.shelf?.top ?? 0) !== top) history.replaceState({ ...history.state, shelf: { top } }, "");
  }

  /** Measure again, and keep the first visible card where it is. */
  refit() {
    const top = -this.grid.getBoundingClientRect().top;
    const first = this.size.row ? Math.max(0, Math.floor(top / this.size.row)) * this.size.columns : 0;
    const within = top - Math.floor(first / this.size.columns) * this.size.row;
    const was = this.grid.classList.contains("long");
    this.measure();
    this.draw(true);
    if (was && first > 0) scrollBy(0, this.rowTop(first) + within - -this.grid.getBoundingClientRect().top);
  }

  measure() {
    const { grid } = this;
    const card = grid.querySelector(".card:not(.away):nth-child(2)") ?? grid.querySelector(".card:not(.away)");
    const style = getComputedStyle(grid);
    const tracks = style.gridTemplateColumns.split(" ");
    this.wide = grid.clientWidth;
    if (!card || !Number.parseFloat(tracks[0])) return;
    card.classList.add("plumb"); // its own height, not that of its row
    const height = Math.ceil(card.getBoundingClientRect().height);
    card.classList.remove("plumb");
    const gap = Number.parseFloat(style.rowGap) || 0;
    const side = Number.parseFloat(style.columnGap) || 0;
    this.size = { columns: tracks.length, width: Number.parseFloat(tracks[0]), row: height + gap, gap, side };
    grid.style.setProperty("--card-height", `${height}px`);
  }

  rowTop(place) {
    return Math.floor(place / this.size.columns) * this.size.row;
  }

  /** Put the cards into the page that belong there now. */
  draw(anyway = false) {
    const [from, to] = this.long ? this.range() : [0, this.count];
    if (!anyway && from === this.shown[0] && to === this.shown[1]) return;
    this.shown = [from, to];
    this.fill(this.kept(from, to, this.windows.cards(from, to)), from);
    this.reserve(from, to);
    this.number();
    if (!this.size.row) this.measure();
    this.settle();
    this.tell("drawn");
    this.fetch();
  }

  /** The places of whole rows on and around the screen. */
  range() {
    if (!this.size.row) this.measure();
    const { columns, row } = this.size;
    const top = -this.grid.getBoundingClientRect().top;
    const ahead = innerHeight * AHEAD;
    const last = Math.ceil(this.count / columns);
    const first = Math.min(Math.max(0, Math.floor((top - ahead) / row)), Math.max(0, last - 1));
    const end = Math.min(last, Math.max(first + 1, Math.ceil((top + innerHeight + ahead) / row)));
    return [first * columns, Math.min(this.count, end * columns)];
  }

  /** The elements for places from `from`, and in front of and behind them the cards that must not leave the page. */
  kept(from, to, cards) {
    const before = [];
    const after = [];
    for (const card of this.grid.querySelectorAll(".card.away")) {
      card.classList.remove("away");
      card.removeAttribute("style");
    }
    for (const card of this.long ? this.busy() : []) {
      const place = this.windows.place(card);
      if (place >= 0 && (place < from || place >= to)) this.away(card, place, place < from ? before : after);
    }
    const inside = cards.map((card, at) => card ?? this.hole(from + at));
    return [...before, ...inside, ...after];
  }

  /** The cards in the page that have the focus, an open menu, or are being dragged. */
  busy() {
    const inside = [document.activeElement, this.held, ...this.grid.querySelectorAll(".menu[open]")];
    const cards = inside.map((one) => one?.closest(".card")).filter((card) => card && this.grid.contains(card));
    return new Set(cards);
  }

  /** Such a card stays, at its place, outside the flow. */
  away(card, place, into) {
    const { columns, width, side, row, gap } = this.size;
    card.classList.add("away");
    card.style.setProperty("left", `${(place % columns) * (width + side)}px`);
    card.style.setProperty("top", `${this.rowTop(place)}px`);
    card.style.setProperty("width", `${width}px`);
    card.style.setProperty("height", `${row - gap}px`);
    into.push(card);
  }

  hole(place) {
    if (!this.holes.has(place)) {
      const hole = document.createElement("div");
      hole.className = "hole skeleton";
      hole.setAttribute("aria-hidden", "true");
      this.holes.set(place, hole);
    }
    return this.holes.get(place);
  }

  /** Make the grid's children these, touching only what differs. */
  fill(wanted) {
    const { grid } = this;
    const stay = new Set(wanted);
    for (const child of [...grid.children]) if (!stay.has(child)) child.remove();
    for (const [place, hole] of this.holes) if (!stay.has(hole)) this.holes.delete(place);
    let next = grid.firstElementChild;
    for (const element of wanted) {
      if (element === next) next = next.nextElementSibling;
      else {
        grid.insertBefore(element, next);
        drawAll(element);
        showPictures(element);
      }
    }
  }

  reserve(from, to) {
    const { grid, size } = this;
    grid.classList.toggle("long", this.long);
    const rows = Math.ceil(this.count / size.columns);
    grid.style.setProperty("padding-top", this.long ? `${this.rowTop(from)}px` : "");
    grid.style.setProperty("padding-bottom", this.long ? `${(rows - Math.ceil(to / size.columns)) * size.row}px` : "");
  }

  /** Who listens instead of looking hears which of how many a card is. */
  number() {
    const label = this.grid.parentElement.getAttribute("aria-label");
    for (const [name, value] of [["role", "feed"], ["aria-label", label]]) {
      if (this.count) this.grid.setAttribute(name, value);
      else this.grid.removeAttribute(name);
    }
    const total = String(this.windows.complete ? this.count : -1);
    let place = this.shown[0];
    for (const element of this.grid.children) {
      if (element.classList.contains("away")) continue;
      place += 1;
      if (element.classList.contains("hole")) continue;
      if (element.getAttribute("aria-posinset") === String(place) && element.getAttribute("aria-setsize") === total) continue;
      element.setAttribute("aria-posinset", String(place));
      element.setAttribute("aria-setsize", total);
    }
  }

  /** Fetch the windows near the eye that are not at hand, after a moment. */
  fetch() {
    this.asking ??= setTimeout(() => { this.asking = null; this.want(); }, PAUSE);
  }

  want() {
    const [from, to] = this.shown;
    const near = new Set([...this.windows.over(Math.max(0, from - NEAR), to + NEAR)].map(([one]) => one));
    const inside = [...this.windows.over(from, to)].map(([one]) => one);
    let running = 0;
    for (const one of this.windows.list) {
      if (one.asked && !near.has(one)) one.asked.abort();
      else if (one.asked) running += 1;
    }
    for (const one of new Set([...inside, ...near])) {
      if (one.cards || one.asked || running >= AT_ONCE || Date.now() < (one.again ?? 0)) continue;
      running += 1;
      quietly(this.load(one));
    }
    this.windows.trim((one) => near.has(one) || one.cards.some((card) => card.isConnected));
    this.grid.toggleAttribute("aria-busy", false);
    if (inside.some((one) => !one.cards)) this.grid.setAttribute("aria-busy", "true");
  }

  async load(one) {
    try {
      await this.windows.load(one);
      this.draw(true);
    } catch (error) {
      if (error.name !== "AbortError") {
        one.again = Date.now() + AGAIN;
        setTimeout(() => this.fetch(), AGAIN + PAUSE);
      }
      this.fetch();
      throw error;
    }
  }

  /** The card of an asset, if it is at hand; it need not be in the page. */
  find(assetId) {
    return this.windows.find((card) => card.dataset.assetId === assetId);
  }

  add(card) {
    this.windows.add(card);
    this.draw(true);
  }

  put(card, place) {
    this.windows.put(card, place);
    this.draw(true);
  }

  remove(card) {
    if (!this.windows.remove(card)) return;
    this.draw(true);
    this.grid.dispatchEvent(new CustomEvent("gone", { detail: card.dataset.assetId }));
  }

  place(card) {
    return this.windows.place(card);
  }

  ids(from, to) {
    return this.windows.ids(from, to);
  }

  /** Move by a key from a card's link; answers whether the key meant that. */
  step(link, key) {
    const at = this.aim ?? this.place(link.closest(".card"));
    const { columns } = this.size;
    const last = this.count - 1;
    const down = Math.floor(at / columns) < Math.floor(last / columns) ? Math.min(last, at + columns) : last + 1;
    const targets = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - columns, ArrowDown: down, Home: 0, End: last };
    if (!(key in targets) || !(targets[key] >= 0 && targets[key] <= last)) return false;
    this.aimed = targets[key];
    this.focus(targets[key]);
    return true;
  }

  /** Bring a place into sight and give its card the focus, at once or when it has come. */
  focus(place) {
    this.aim = place;
    const at = place - this.shown[0];
    if (at < 0 || place >= this.shown[1]) {
      scrollTo({ top: this.rowTop(place) + scrollY + this.grid.getBoundingClientRect().top - innerHeight / 3, behavior: "instant" });
      this.draw(true);
    } else this.settle();
  }

  /** Give the focus to the card that is to have it, where that is in the page by now. */
  settle() {
    const [card] = this.aim === null ? [] : this.windows.cards(this.aim, this.aim + 1);
    if (!card?.isConnected) return;
    this.aim = null;
    const link = card.querySelector(".card-link");
    link.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }

  tell(name) {
    this.grid.dispatchEvent(new Event(name));
  }
}
