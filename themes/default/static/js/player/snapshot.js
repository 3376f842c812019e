/** The frame on screen as a picture file, named by the clip and its timecode, or on the clipboard. */

import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { choice } from "./menus.js";

const JPEG_QUALITY = 0.95;
const FORMATS = { png: "image/png", jpeg: "image/jpeg" };
const ENDINGS = { png: "png", jpeg: "jpg" };

/** "A003_C012 01-00-10-12 f12.png": file systems allow no colons, and a timecode may come twice. */
export function nameOf(filename, timecode, frame, format) {
  const stem = filename.replace(/\.[^.]*$/, "") || filename || "frame";
  return `${stem} ${timecode.replace(/[^\d]/g, "-")} f${frame}.${ENDINGS[format]}`;
}

export class Snapshot {
  /** `menu`: a `details.menu`; `player`: a `PlayerApi`; `say(text)` tells what was done. */
  constructor(menu, player, filename, say) {
    Object.assign(this, { menu, player, filename, say });
    menu.hidden = !player.rate;
    const lines = [
      [t("Save as PNG"), () => this.save("png")],
      [t("Save as JPEG"), () => this.save("jpeg")],
      [t("Copy to the clipboard"), () => this.copy()],
    ];
    menu.querySelector(".menu-list").replaceChildren(...lines.map(([text, act]) => {
      const line = choice(text, false, act);
      line.removeAttribute("aria-pressed");
      return line;
    }));
  }

  /** Download the frame on screen, in the size of the rung that is shown. */
  async save(format) {
    if (!this.player.rate) return;
    const { frame, canvas } = await this.#taken();
    const name = nameOf(this.filename, this.player.timecode(frame), frame, format);
    const link = make("a", { href: URL.createObjectURL(await blobOf(canvas, format)), download: name, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the download has begun by then
    this.say(t("Saved: {name} ({width} × {height})", { name, width: canvas.width, height: canvas.height }));
  }

  /** The frame on screen onto the clipboard; says so where the browser does not allow it. */
  async copy() {
    if (!this.player.rate) return;
    try {
      // given as a promise, for browsers that count the click as over when the frame is drawn
      const taken = this.#taken();
      const picture = taken.then(({ canvas }) => blobOf(canvas, "png"));
      await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
      this.say(t("Copied: {timecode}", { timecode: this.player.timecode((await taken).frame) }));
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError || error instanceof ReferenceError)) throw error;
      this.say(t("This browser lets no picture onto the clipboard here. Save it instead."));
    }
  }

  /** Stand still on the frame that is on screen, and draw it. */
  async #taken() {
    const frame = await this.player.seekFrame(this.player.currentFrame());
    const { width, height } = this.player.pictureSize;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(this.player.picture, 0, 0, width, height);
    return { frame, canvas };
  }
}

function blobOf(canvas, format) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error(t("The frame could not be written as a picture.")))), FORMATS[format], JPEG_QUALITY);
  });
}
