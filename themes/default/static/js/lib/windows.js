/**
 * A long list in windows: which cards there are, in which order, of which only some are at hand.
 *
 * A window is the span between two cursors, so it is asked for again as often as wanted and stays true while cards
 * come and go. The first holds what came in front of the list since it was asked for. Draws nothing.
 */

import { call, fragment } from "./api.js";
import { heir } from "./cards.js";

const KEPT = 16; // windows whose cards stay at hand when they are out of sight

const own = (cards) => ({ cursor: null, until: null, cards, ids: null, count: cards.length, asked: null, used: 0 });
const idOf = (card) => [card.dataset.assetId, card.dataset.versionId || null];

export class Windows {
  constructor() {
    this.set([], null);
  }

  /** Begin anew with the list's first cards; `more` is the address of the next piece, or null at the end. */
  set(cards, more) {
    this.drop();
    this.more = more;
    this.list = [own([]), own(cards)];
    this.clock = 0;
    this.complete = !more;
  }

  /** Stop what is still being asked for. */
  drop() {
    for (const one of this.list ?? []) one.asked?.abort();
    this.ending?.abort();
  }

  /** Ask how the list goes on after its first piece; answers whether it is now known (it is still the same list). */
  async outline() {
    const more = this.more;
    this.ending = new AbortController();
    const known = await ask("outline", more, this.ending.signal);
    if (more !== this.more) return false;
    let cursor = new URL(more, location.href).searchParams.get("cursor");
    this.list[1].until = cursor;
    let rest = known.count;
    for (const until of known.cursors) {
      const count = Math.min(rest, known.window);
      this.list.push({ ...own([]), cursor, until, cards: null, count });
      cursor = until;
      rest -= count;
    }
    this.complete = true;
    return true;
  }

  get count() {
    return this.list.reduce((sum, one) => sum + one.count, 0);
  }

  /** Windows that hold places `from` (inclusive) to `to`, each with the place of its first card. */
  * over(from, to) {
    let start = 0;
    for (const one of this.list) {
      if (start >= to) return;
      if (start + one.count > from) yield [one, start];
      start += one.count;
    }
  }

  /** The cards from place `from` to `to`; null where one is not at hand. */
  cards(from, to) {
    const found = new Array(Math.max(0, to - from)).fill(null);
    for (const [one, start] of this.over(from, to)) {
      if (!one.cards) continue;
      this.fresh(one);
      one.used = this.clock += 1;
      for (let at = Math.max(from, start); at < Math.min(to, start + one.count); at += 1) found[at - from] = one.cards[at - start];
    }
    return found;
  }

  /** Cards are drawn anew by others: what was put in their place counts. */
  fresh(one) {
    one.cards?.forEach((card, at) => { if (heir(card) !== card) one.cards[at] = heir(card); });
  }

  /** The first card at hand that `fits`, wherever it is; null for none. */
  find(fits) {
    for (const one of this.list) {
      this.fresh(one);
      const card = one.cards?.find(fits);
      if (card) return card;
    }
    return null;
  }

  /** The place of a card, or -1. */
  place(card) {
    let start = 0;
    for (const one of this.list) {
      this.fresh(one);
      const at = one.cards?.indexOf(heir(card)) ?? -1;
      if (at >= 0) return start + at;
      start += one.count;
    }
    return -1;
  }

  /** In front of all others. */
  add(card) {
    this.list[0].cards.unshift(card);
    this.list[0].count += 1;
  }

  /** Put a card back at a place. */
  put(card, place) {
    let start = 0;
    for (const one of this.list) {
      if (one.cards && place <= start + one.count) {
        one.cards.splice(place - start, 0, card);
        one.count += 1;
        return;
      }
      start += one.count;
    }
    this.add(card);
  }

  /** Take a card away; answers whether it was there. */
  remove(card) {
    for (const one of this.list) {
      this.fresh(one);
      const at = one.cards?.indexOf(heir(card)) ?? -1;
      if (at < 0) continue;
      one.cards.splice(at, 1);
      one.count -= 1;
      return true;
    }
    return false;
  }

  /** Fetch the cards of a window; those that came in front meanwhile are not shown twice. */
  async load(one) {
    const control = new AbortController();
    one.asked = control;
    try {
      const cards = [];
      let path = this.address(one);
      while (path) {
        const piece = await fragment(path, { signal: control.signal });
        cards.push(...piece.querySelectorAll(".card"));
        path = piece.querySelector("[data-more]")?.dataset.more;
      }
      const there = new Set(this.list[0].cards.map((card) => card.dataset.assetId));
      one.cards = cards.filter((card) => !there.has(card.dataset.assetId));
      one.count = one.cards.length;
      one.ids = null;
    } finally {
      if (one.asked === control) one.asked = null;
    }
  }

  /** Let go of cards that nobody looked at for longest. `shown(one)`: those that stay. */
  trim(shown) {
    const idle = this.list.slice(2).filter((one) => one.cards && !shown(one)).sort((a, b) => b.used - a.used);
    for (const one of idle.slice(KEPT)) {
      this.fresh(one);
      one.ids = one.cards.map(idOf);
      one.cards = null;
    }
  }

  /** `[asset id, version id]` of the places `from` to `to`, also of those that were never shown. */
  async ids(from, to) {
    const missing = [...this.over(from, to)].map(([one]) => one).filter((one) => !one.cards && !one.ids);
    if (missing.length) await this.learn(this.list.slice(this.list.indexOf(missing[0]), this.list.indexOf(missing.at(-1)) + 1));
    const found = [];
    for (const [one, start] of this.over(from, to)) {
      this.fresh(one);
      const ids = one.cards ? one.cards.map(idOf) : one.ids ?? [];
      found.push(...ids.slice(Math.max(0, from - start), to - start));
    }
    return found.filter(([id]) => id);
  }

  /** Ask for the ids of windows that follow each other, and deal them out by their counts. */
  async learn(windows) {
    const found = [];
    let cursor = windows[0].cursor;
    while (cursor) {
      const answer = await ask("ids", this.address({ cursor, until: windows.at(-1).until }));
      found.push(...answer.items);
      cursor = answer.next_cursor;
    }
    for (const one of windows) {
      const ids = one === windows.at(-1) ? found.splice(0) : found.splice(0, one.count);
      if (one.cards) continue;
      one.ids = ids;
      one.count = ids.length;
    }
  }

  /** The address of a window's cards: that of the second piece, from another place. */
  address({ cursor, until }) {
    const url = new URL(this.more, location.href);
    for (const [key, value] of Object.entries({ cursor, until })) {
      if (value) url.searchParams.set(key, value);
      else url.searchParams.delete(key);
    }
    return url.pathname + url.search;
  }
}

function ask(what, path, signal) {
  const url = new URL(path, location.href);
  return call("GET", `${url.pathname}/${what}${url.search}`, undefined, { signal });
}
