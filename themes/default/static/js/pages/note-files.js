/** Files of a note: chosen, pasted or dropped in its form, sent once the note is there. */

import { ApiError, csrfToken, root } from "../lib/api.js";
import { bytes } from "../lib/format.js";
import { icon, make, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const LARGEST = 20 << 20;
const MOST = 8;

/** The files that a form holds until its note is sent. */
export class Attaching {
  #files = [];

  /** `form` may have a `[data-notes-attach]` button, an input of files and a list for them. */
  constructor(form) {
    this.list = form.querySelector("[data-notes-files]");
    this.input = form.querySelector("input[type=file]");
    if (!this.input) return;
    form.querySelector("[data-notes-attach]").addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => { this.#add(this.input.files); this.input.value = ""; });
    form.addEventListener("paste", (event) => { if (event.clipboardData.files.length) { event.preventDefault(); this.#add(event.clipboardData.files); } });
  }

  /** Take the files out, to be sent. */
  take() {
    const files = this.#files;
    this.#files = [];
    this.#draw();
    return files;
  }

  #add(files) {
    for (const file of files) {
      if (file.size > LARGEST) toast(t("{name} is {size}: a file of a note may have 20 MiB at most.", { name: file.name, size: bytes(file.size) }), { bad: true });
      else if (this.#files.length >= MOST) toast(t("A note may have {most} files.", { most: MOST }), { bad: true });
      else this.#files.push(file);
    }
    this.#draw();
  }

  #draw() {
    if (!this.list) return;
    this.list.hidden = this.#files.length === 0;
    this.list.replaceChildren(...this.#files.map((file) => make(
      "li", {}, icon(file.type.startsWith("image/") ? "image" : "page"), make("span", { class: "name" }, file.name), make("span", { class: "muted small" }, bytes(file.size)),
      make("button", { type: "button", class: "icon-only", "aria-label": t("Leave out {name}", { name: file.name }), onclick: () => { this.#files = this.#files.filter((one) => one !== file); this.#draw(); } }, icon("close")),
    )));
  }
}

/** Send the files of a note, one after the other; what is refused is told, and the others go on. */
export async function sendFiles(noteId, files) {
  for (const file of files) {
    try {
      await sendFile(noteId, file);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(t("{name} was not attached: {message} The note itself is there.", { name: file.name, message: error.message }), { bad: true });
    }
  }
}

async function sendFile(noteId, file) {
  const address = `${root()}/api/comments/${noteId}/files?${new URLSearchParams({ filename: file.name })}`;
  let answer;
  try {
    answer = await fetch(address, { method: "POST", headers: { "X-CSRF-Token": csrfToken(), "Content-Type": "application/octet-stream" }, body: file });
  } catch (error) {
    throw new ApiError(0, { detail: t("the box does not answer.") });
  }
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => ({ detail: t("the box answered {status}.", { status: answer.status }) })));
}
