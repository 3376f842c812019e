/** Notes on the asset page: list, form, strip, keys; live, for what others write comes by the page's events. */

import { call, quietly } from "../lib/api.js";
import { keep, recall } from "../lib/draft.js";
import { bind } from "../lib/keys.js";
import { attempt, toast } from "../lib/ui.js";
import { Writing } from "./note-form.js";
import { noteElement, smallForm, stripElement } from "./note-parts.js";

export class Notes {
  #notes = [];
  #shown = "open";
  #player = null;
  #looking = false;
  #again = false;
  #over = false;
  #open = null; // the reply or edit under way: {id, form}

  /** `page`: the `.review` element. */
  constructor(page, versionId) {
    Object.assign(this, { page, versionId, assetId: page.dataset.assetId });
    this.unbind = bind({ m: () => (this.writing ? this.writing.begin() : false) });
    this.fill();
  }

  /** Begin with a panel that was drawn anew. */
  fill() {
    this.panel = this.page.querySelector("[data-notes]");
    if (!this.panel) return;
    const { userId, mayManage, mayWrite } = this.panel.dataset;
    Object.assign(this, { userId, mayManage: mayManage === "true", mayWrite: mayWrite === "true" });
    for (const button of this.panel.querySelectorAll("[data-show]")) button.addEventListener("click", () => this.#show(button.dataset.show));
    const form = this.panel.querySelector("[data-notes-form]");
    this.writing?.end();
    this.writing = form && new Writing(form, this.versionId, (note) => this.#send(note));
    this.writing?.attach(this.#player);
    this.#draw();
    quietly(this.look());
  }

  /** There is a player now (its `PlayerApi`): notes stand at its frames, their marks under its timeline. */
  attach(player) {
    this.#player = player;
    this.writing?.attach(player);
    this.#drawStrip();
  }

  end() {
    this.#over = true;
    this.unbind();
    this.writing?.end();
  }

  /** Ask for the notes; a call while one is under way asks once more after it. */
  async look() {
    this.#again = true;
    if (this.#looking) return;
    this.#looking = true;
    try {
      while (this.#again && !this.#over) {
        this.#again = false;
        this.#notes = await this.#all();
      }
    } finally {
      this.#looking = false;
    }
    if (!this.#over) this.#draw();
  }

  async #all() {
    const found = [];
    let cursor = "";
    do {
      const page = await call("GET", `/api/assets/${this.assetId}/comments?version_id=${this.versionId}&limit=200${cursor && `&cursor=${cursor}`}`);
      found.push(...page.items);
      cursor = page.next_cursor || "";
    } while (cursor);
    return found;
  }

  #show(which) {
    this.#shown = which;
    for (const link of this.panel.querySelectorAll("[data-format]")) {
      link.href = `/api/versions/${this.versionId}/comments/export?format=${link.dataset.format}&state=${which}`;
    }
    for (const button of this.panel.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === which));
    this.#draw();
  }

  get #listed() {
    if (this.#shown === "all") return this.#notes;
    return this.#notes.filter((note) => (note.resolved_at !== null) === (this.#shown === "resolved"));
  }

  #draw() {
    this.#drawStrip();
    if (!this.panel) return;
    const list = this.panel.querySelector("[data-notes-list]");
    const active = list.contains(document.activeElement) ? document.activeElement : null;
    const known = new Map([...list.children].map((item) => [item.dataset.noteId, item]));
    list.replaceChildren(...this.#listed.map((note) => this.#element(note, known.get(note.id))));
    this.#place();
    if (active && document.activeElement !== active) this.#refocus(list, active);
    const open = this.#notes.filter((note) => note.resolved_at === null).length;
    this.panel.querySelector("[data-notes-count]").textContent = this.#notes.length ? `${open} open of ${this.#notes.length}` : "";
    const empty = this.panel.querySelector("[data-notes-empty]");
    empty.hidden = list.children.length > 0;
    empty.textContent = this.#notes.length ? `No ${this.#shown} notes.` : this.mayWrite ? "No notes yet. Press M to write one at the frame on screen." : "No notes yet.";
  }

  /** What has not changed stays as it is: nothing jumps, and what has the focus keeps it. */
  #element(note, before) {
    const said = JSON.stringify(note);
    if (before?.said === said) return before;
    const item = noteElement(note, (one) => this.#may(one), (name, one) => this.#act(name, one));
    item.said = said;
    return item;
  }

  #refocus(list, was) {
    if (was.isConnected) {
      was.focus();
      return;
    }
    const id = was.closest("[data-note-id]")?.dataset.noteId;
    const item = [...list.querySelectorAll("[data-note-id]")].find((one) => one.dataset.noteId === id);
    (item?.querySelector(`[data-act=${was.dataset.act}]`) ?? item?.querySelector("button"))?.focus();
  }

  #drawStrip() {
    const mount = this.page.querySelector("[data-timeline-strips]");
    mount?.querySelector(".notes-strip")?.remove();
    const strip = mount && this.#player && stripElement(this.#listed, this.#player.frames, (note) => this.#act("go", note));
    if (strip) mount.prepend(strip);
  }

  #may(note) {
    const mine = note.author?.id === this.userId && this.mayWrite;
    const top = note.parent_id === null;
    return { edit: mine, remove: mine || this.mayManage, resolve: top && (mine || this.mayManage), reply: top && this.mayWrite };
  }

  #act(name, note) {
    if (name === "go") this.#player?.seekFrame(note.frame);
    if (name === "resolve") attempt(() => this.#resolve(note));
    if (name === "remove") attempt(() => this.#remove(note));
    if (name === "reply") this.#write(note, `reply-${note.id}`, "Reply", "", (body) => this.#post({ parent_id: note.id, body, version_id: note.version_id }));
    if (name === "edit") this.#write(note, `edit-${note.id}`, "Save", note.body, (body) => call("PATCH", `/api/comments/${note.id}`, { body }));
  }

  #post(note) {
    return call("POST", `/api/assets/${this.assetId}/comments`, note);
  }

  async #send(note) {
    await this.#post({ version_id: this.versionId, ...note });
    if (this.#shown === "resolved") this.#show("open");
    await this.look();
  }

  /** A small form below a note; what is typed there outlives a reload. */
  #write(note, draft, label, value, send) {
    this.#close();
    const form = smallForm({
      label,
      value: recall(draft)?.body ?? value,
      typed: (body) => keep(draft, { body }),
      close: () => { keep(draft, null); this.#close(); },
      send: (body) => attempt(async () => {
        await send(body);
        keep(draft, null);
        this.#close();
        await this.look();
      }),
    });
    this.#open = { id: note.parent_id ?? note.id, form };
    this.#place();
    const area = form.querySelector("textarea");
    area.focus();
    form.scrollIntoView({ block: "nearest" });
    area.setSelectionRange(area.value.length, area.value.length);
  }

  #place() {
    if (!this.#open) return;
    const item = [...this.panel.querySelectorAll(".note")].find((one) => one.dataset.noteId === this.#open.id);
    item?.classList.add("open");
    if (item && !item.contains(this.#open.form)) item.append(this.#open.form);
  }

  #close() {
    if (!this.#open) return;
    const { form } = this.#open;
    this.#open = null;
    const item = form.closest(".note");
    const focused = form.contains(document.activeElement);
    form.remove();
    item?.classList.remove("open");
    if (focused) item?.querySelector("[data-act=reply], button")?.focus();
  }

  async #resolve(note) {
    const [to, back] = note.resolved_at ? ["unresolve", "resolve"] : ["resolve", "unresolve"];
    await this.#change("POST", `/api/comments/${note.id}/${to}`);
    toast(to === "resolve" ? "Resolved." : "Open again.", { action: "Undo", onAction: () => attempt(() => this.#change("POST", `/api/comments/${note.id}/${back}`)) });
  }

  async #remove(note) {
    await this.#change("DELETE", `/api/comments/${note.id}`);
    toast(note.parent_id ? "Reply deleted." : "Note deleted.", { action: "Undo", onAction: () => attempt(() => this.#change("POST", `/api/comments/${note.id}/restore`)) });
  }

  async #change(method, path) {
    await call(method, path);
    await this.look();
  }
}
