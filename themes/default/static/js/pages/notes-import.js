/** The dialog that makes notes of a list of markers: a file, what it holds, then a button. */

import { ApiError, call, csrfToken } from "../lib/api.js";
import { attempt, make, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const LARGEST = 4 * 2 ** 20;
const standings = () => ({ new: t("New"), there: t("There already"), repeated: t("Twice in the list") });

export function bringIn(versionId) {
  const input = make("input", { type: "file", id: "notes-file", accept: ".csv,.tsv,.txt,.edl,text/*" });
  const drop = make("label", { class: "notes-drop", for: "notes-file" }, make("strong", {}, t("Choose a file, or drop it here")),
    make("span", { class: "small muted" }, t("A table (CSV of ours, Frame.io, Premiere, Resolve), an EDL with markers, or an Avid marker list")), input);
  const start = make("input", { id: "notes-start", maxlength: 12, autocomplete: "off", class: "timecode", placeholder: t("as this version") });
  const answer = make("div", { "data-notes-answer": true, "aria-live": "polite" });
  const send = make("button", { type: "button", class: "primary", disabled: true }, t("Import"));
  const dialog = make("dialog", { class: "wide", "aria-label": t("Bring notes in") }, make("h2", {}, t("Bring notes in")),
    make("div", { class: "notes-import" }, drop,
      make("div", { class: "field" }, make("label", { for: "notes-start" }, t("The list's first frame")), start,
        make("p", { class: "small muted" }, t("Only if the timeline there starts at another timecode than this version."))),
      answer,
      make("div", { class: "row end" }, make("button", { type: "button", onclick: () => dialog.close() }, t("Close")), send)));
  const reading = new Reading(versionId, { dialog, input, drop, start, answer, send });
  document.body.append(dialog);
  dialog.showModal();
  dialog.addEventListener("close", () => { reading.stop(); dialog.remove(); });
}

class Reading {
  #file = null;
  #stop = new AbortController();

  constructor(versionId, parts) {
    Object.assign(this, { versionId, ...parts });
    this.input.addEventListener("change", () => this.#take(this.input.files[0]));
    this.start.addEventListener("change", () => this.#look());
    this.send.addEventListener("click", () => this.#import());
    for (const name of ["dragover", "dragleave", "drop"]) this.dialog.addEventListener(name, (event) => this.#drag(event));
  }

  stop() {
    this.#stop.abort();
  }

  #drag(event) {
    event.preventDefault();
    event.stopPropagation(); // a file dropped on the page behind is a new version
    this.drop.classList.toggle("over", event.type === "dragover");
    if (event.type === "drop") this.#take(event.dataTransfer.files[0]);
  }

  #take(file) {
    if (!file) return;
    this.#file = file;
    this.#look();
  }

  /** What the list holds, before anything is written. */
  async #look() {
    if (!this.#file) return;
    this.send.disabled = true;
    this.answer.replaceChildren(make("p", { class: "muted" }, t("Reading {name} …", { name: this.#file.name })));
    const found = await this.#ask(true);
    if (!found) return;
    this.answer.replaceChildren(make("p", {}, said(found)), table(found));
    this.send.disabled = found.new === 0;
    this.send.textContent = found.new ? t("Import {count}", { count: found.new }) : t("Import");
    if (found.new) this.send.focus();
  }

  async #import() {
    this.send.disabled = true;
    const found = await this.#ask(false);
    if (!found) return;
    const done = t("{count} note brought in.|{count} notes brought in.", {}, found.imported);
    const text = found.there ? `${done} ${t("{count} was there already.|{count} were there already.", {}, found.there)}` : done;
    toast(text, found.import_id ? { action: t("Undo"), onAction: () => attempt(() => takeBack(this.versionId, found.import_id)) } : {});
    this.dialog.close();
  }

  async #ask(dry) {
    const wanted = new URLSearchParams({ dry_run: String(dry), start: this.start.value.trim() });
    try {
      if (this.#file.size > LARGEST) throw new ApiError(413, { detail: t("A list of markers may have 4 MiB at most.") });
      return await post(`/api/versions/${this.versionId}/comments/import?${wanted}`, this.#file, this.#stop.signal);
    } catch (error) {
      if (error.name === "AbortError") return null;
      const text = error instanceof ApiError ? error.message : t("The box does not answer. Nothing is lost; try again.");
      this.answer.replaceChildren(make("p", { class: "bad", role: "alert" }, text.replace(/^(file|start): /, "")));
      return null;
    }
  }
}

/** The imported notes go again; those that somebody worked with meanwhile stay. The page's own events show it. */
async function takeBack(versionId, import_id) {
  const { removed, kept } = await call("POST", `/api/versions/${versionId}/comments/import/undo`, { import_id });
  const gone = t("{count} note taken back.|{count} notes taken back.", {}, removed);
  toast(kept ? `${gone} ${t("{count} stays: somebody worked with it.|{count} stay: somebody worked with them.", {}, kept)}` : gone);
}

async function post(path, file, signal) {
  const headers = { "Content-Type": "application/octet-stream", "X-CSRF-Token": csrfToken() };
  const answer = await fetch(path, { method: "POST", headers, body: file, signal });
  const data = await answer.json().catch(() => ({}));
  if (answer.ok) return data;
  throw new ApiError(answer.status, data);
}

function said(found) {
  const parts = [t("{count} new", { count: found.new })];
  if (found.there) parts.push(t("{count} already there", { count: found.there }));
  if (found.repeated) parts.push(t("{count} twice in the list", { count: found.repeated }));
  if (found.unreadable) parts.push(t("{count} not to be read", { count: found.unreadable }));
  const kind = found.dialect === "CSV" ? t("A table") : found.dialect === "EDL" ? t("An EDL") : t("A list of {dialect}", { dialect: found.dialect });
  return `${kind}: ${parts.join(", ")}.`;
}

/** Notes and lines that are none, in the order of the file. */
function table(found) {
  const rows = [
    ...found.notes.map((note) => ({ ...note, at: place(note), text: note.body, word: [standings()[note.standing], note.internal && t("internal"), note.resolved && t("resolved")].filter(Boolean).join(", ") })),
    ...found.problems.map((one) => ({ ...one, at: "", text: one.message, word: t("Not read"), standing: "unreadable" })),
  ].sort((one, other) => one.line - other.line);
  const head = make("tr", {}, ...[t("Line"), t("Place"), t("Note"), ""].map((name) => make("th", { scope: "col" }, name)));
  const body = rows.map((row) => make("tr", { "data-standing": row.standing },
    make("td", {}, String(row.line)), make("td", { class: "timecode" }, row.at), make("td", { class: "text" }, row.text), make("td", {}, row.word)));
  return make("div", { class: "notes-read", tabindex: 0, role: "region", "aria-label": t("What the file holds") }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
}

function place(note) {
  if (note.frame === null) return t("Whole");
  const first = note.timecode ?? t("Frame {frame}", { frame: note.frame });
  return note.frame_out === null || note.frame_out === note.frame ? first : `${first} – ${note.timecode_out ?? note.frame_out}`;
}
