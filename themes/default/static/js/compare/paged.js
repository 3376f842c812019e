/** One side of two documents: its pages are its frames, one after the other; a few are kept. */

import { root } from "../lib/api.js";
import { t } from "../lib/words.js";

const KEPT = 8;
const WIDTH = 1920;
const AGAIN = 2000; // ms until a page that is still being made is asked for again
const TIMES = 30;

export class Paged extends EventTarget {
  #kept = new Map(); // page → promise of its picture
  #ready = new Map(); // page → picture
  #ended = false;
  rate = { num: 1, den: 1, nominal: 1 }; // pages are counted like frames, one of A to one of B
  start = 0;
  rungs = [];
  paged = true;

  constructor(element) {
    super();
    this.versionId = element.dataset.versionId;
    this.frames = Number(element.dataset.pages);
    element.querySelector("img").remove(); // the first page is one of them
  }

  get frame() { return 0; }

  get keeps() { return [...this.#ready.keys()]; }

  label(page) { return t("Page {number}", { number: page + 1 }); }

  async load() {}

  end() { this.#ended = true; }

  hold() {}

  picture(page) { return this.#ready.get(page) ?? null; }

  /** A page's picture once it is there; null where it could not be had. */
  async show(page) {
    if (!this.#kept.has(page)) this.#kept.set(page, this.#fetch(page));
    const picture = await this.#kept.get(page);
    if (picture) this.#ready.set(page, picture);
    else this.#kept.delete(page);
    if (this.#ready.size > KEPT) this.#forget(this.keeps.find((one) => one !== page));
    this.dispatchEvent(new Event("picture"));
    return picture;
  }

  async #fetch(page) {
    for (let time = 0; time < TIMES && !this.#ended; time += 1) {
      const picture = new Image();
      picture.src = `${root()}/img/${this.versionId}?w=${WIDTH}&page=${page + 1}`;
      if (await picture.decode().then(() => true, () => false)) return picture;
      await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
    }
    this.dispatchEvent(new CustomEvent("broken", { detail: t("This page cannot be shown. The master is safe and can be downloaded.") }));
    return null;
  }

  #forget(page) {
    this.#ready.delete(page);
    this.#kept.delete(page);
  }
}
