/** The picture under the pointer on the scrub bar: boxes on sheets, named by a WebVTT file that is asked for at the first hover. */

import { call, quietly } from "../lib/api.js";

const GRANT_SECONDS = 3600;
const ASK_AGAIN = 15_000; // ms; they come a moment after the preview is ready
const CUE = /(?:(\d+):)?(\d\d):(\d\d)\.(\d{3}) --> .*\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/g;

/** The boxes of a sprites file, by their start in seconds; `base` is the file's own address. */
export function parseSprites(text, base) {
  return [...text.matchAll(CUE)].map(([, hours, minutes, seconds, millis, sheet, ...box]) => {
    const [x, y, width, height] = box.map(Number);
    const start = Number(hours || 0) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(millis) / 1000;
    return { start, sheet: new URL(sheet, base).href, x, y, width, height };
  });
}

/** The box that is shown at a moment, or null. */
export function spriteAt(boxes, seconds) {
  return boxes.findLast((box) => box.start <= seconds) || null;
}

export class Sprites {
  #boxes = [];
  #sheets = new Map(); // address -> image
  #asked = -Infinity;

  /** `root`: the `.scrub` element; `clock` knows the length. */
  constructor(root, clock, versionId) {
    Object.assign(this, { root, clock, versionId });
    this.view = document.createElement("div");
    this.view.className = "sprite";
    this.view.hidden = true;
    root.append(this.view);
    root.addEventListener("pointermove", (event) => this.#hover(event.clientX));
    root.addEventListener("pointerleave", () => { this.view.hidden = true; });
  }

  #hover(pointer) {
    const { left, width } = this.root.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (pointer - left) / width));
    const box = spriteAt(this.#boxes, part * this.clock.duration);
    if (!box) quietly(this.#ask());
    this.view.hidden = !box || !this.#loaded(box.sheet);
    if (this.view.hidden) return;
    const { style } = this.view;
    style.width = `${box.width}px`;
    style.height = `${box.height}px`;
    style.backgroundImage = `url("${box.sheet}")`;
    style.backgroundPosition = `-${box.x}px -${box.y}px`;
    style.left = `${Math.min(width - box.width, Math.max(0, part * width - box.width / 2))}px`;
  }

  /** Whether a sheet can be shown; begins to load it. One that is refused has an old grant: all is asked for anew. */
  #loaded(address) {
    const known = this.#sheets.get(address);
    if (known) return known.complete && known.naturalWidth > 0;
    const image = new Image();
    image.onerror = () => { this.#boxes = []; this.#sheets.clear(); };
    image.src = address;
    this.#sheets.set(address, image);
    return false;
  }

  async #ask() {
    if (performance.now() - this.#asked < ASK_AGAIN) return;
    this.#asked = performance.now();
    const { sprite_url: url } = await call("POST", "/api/sign-preview", { version_id: this.versionId, expires_in: GRANT_SECONDS });
    if (!url) return;
    const answer = await fetch(url).catch(() => null); // away for a moment: the next hover asks again
    if (answer?.ok) this.#boxes = parseSprites(await answer.text(), answer.url);
  }
}
