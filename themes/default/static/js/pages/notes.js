/** Notes on the asset page: list, form, marks, keys; live, for what others write comes by the page's events. */

import { call, quietly } from "../lib/api.js";
import { keep, recall } from "../lib/draft.js";
import { Drawing } from "../draw/drawing.js";
import { bind } from "../lib/keys.js";
import { attempt, toast } from "../lib/ui.js";
import { rename } from "../lib/navigate.js";
import { t } from "../lib/words.js";
import { sendFiles } from "./note-files.js";
import { Filter } from "./note-filter.js";
import { Writing } from "./note-form.js";
import { showHistory } from "./note-history.js";
import { enterList, focus, startKeys } from "./note-keys.js";
import { Naming, readable } from "./note-names.js";
import { noteElement, smallForm } from "./note-parts.js";
import { drawPeople } from "./note-people.js";
import { stripElement } from "./note-strip.js";

export class Notes {
  #notes = [];
  #people = [];
  #wanted = new URLSearchParams(location.search).get("note"); // the note that the page was opened for
  #player = null;
  #looking = false;
  #again = false;
  #over = false;
  #open = null; // the reply or edit under way: {id, form}

  /** `page`: the `.review` element. */
  constructor(page, versionId) {
    Object.assign(this, { page, versionId, assetId: page.dataset.assetId });
    this.drawing = new Drawing(page, versionId);
    this.unbind = bind({
      m: () => (this.writing ? this.writing.begin() : false),
      "g n": () => enterList(this.list),
    });
    this.fill();
  }

  /** Begin with a panel that was drawn anew. */
  fill() {
    this.panel = this.page.querySelector("[data-notes]");
    if (!this.panel) return;
    const { userId, mayManage, mayWrite } = this.panel.dataset;
    const guestId = this.page.querySelector("[data-guest-id]")?.dataset.guestId; // on a share link's page
    Object.assign(this, { userId, guestId, mayManage: mayManage === "true", mayWrite: mayWrite === "true" });
    this.list = this.panel.querySelector("[data-notes-list]");
    this.filter = new Filter(this.panel, userId, () => this.#draw());
    startKeys(this.list, (name, id) => this.#act(name, this.#notes.find((one) => one.id === id)));
    this.panel.querySelector("[data-notes-write]")?.addEventListener("click", () => this.writing.begin());
    const form = this.panel.querySelector("[data-notes-form]");
    this.writing?.end();
    this.writing = form && new Writing(form, this.versionId, (note, files) => this.#send(note, files), this.drawing);
    this.writing?.attach(this.#player);
    this.#draw();
    quietly(this.look());
  }

  /** There is a player now (its `PlayerApi`): notes stand at its frames, their marks under its timeline. */
  attach(player) {
    this.#player = player;
    this.writing?.attach(player);
    this.drawing.attach(player);
    this.#drawStrip();
    this.#arrive();
  }

  end() {
    this.#over = true;
    this.unbind();
    this.writing?.end();
    this.drawing.end();
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
    if (this.#over) return;
    this.#draw();
    this.#arrive();
    this.#resume();
  }

  /** Who has the page open now. */
  present(people) {
    this.#people = people;
    this.#drawPeople();
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

  get #listed() {
    return this.filter ? this.filter.listed(this.#notes) : this.#notes;
  }

  #draw() {
    this.#drawStrip();
    this.drawing.notes(this.#listed);
    if (!this.panel) return;
    const { list } = this;
    const active = list.contains(document.activeElement) ? document.activeElement : null;
    const known = new Map([...list.children].map((item) => [item.dataset.noteId, item]));
    list.replaceChildren(...this.#listed.map((note) => this.#element(note, known.get(note.id))));
    this.#place();
    if (active && document.activeElement !== active) this.#refocus(list, active);
    this.filter.draw(this.#notes);
    for (const link of this.panel.querySelectorAll("[data-format]")) link.href = link.href.replace(/state=[a-z]+/, `state=${this.filter.show}`);
    this.#drawPeople();
    const open = this.#notes.filter((note) => note.resolved_at === null).length;
    this.panel.querySelector("[data-notes-count]").textContent = this.#notes.length ? t("{open} open of {count}", { open, count: this.#notes.length }) : "";
    const empty = this.panel.querySelector("[data-notes-empty]");
    empty.hidden = list.children.length > 0;
    empty.textContent = this.#notes.length ? t("No such notes.") : this.mayWrite ? t("No notes yet. Press M to write the first one right here.") : t("No notes yet.");
  }

  /** What has not changed stays as it is: nothing jumps, and what has the focus keeps it. */
  #element(note, before) {
    const said = JSON.stringify(note);
    if (before?.said === said) return before;
    const item = noteElement(note, (one) => this.#may(one), (name, one, more) => this.#act(name, one, more));
    item.said = said;
    if (before?.tabIndex === 0) item.tabIndex = 0;
    const menu = ":scope > .note-actions > .menu"; // one that is open stays so
    if (before?.querySelector(`${menu}[open]`)) item.querySelector(menu).open = true;
    return item;
  }

  #refocus(list, was) {
    if (was.isConnected) {
      was.focus();
      return;
    }
    const id = was.closest("[data-note-id]")?.dataset.noteId;
    const item = [...list.querySelectorAll("[data-note-id]")].find((one) => one.dataset.noteId === id);
    if (item && was.matches(".note")) focus(list, item);
    else (item?.querySelector(`[data-act="${was.dataset.act}"], [data-reaction="${was.dataset.reaction}"]`) ?? item?.querySelector("button"))?.focus();
  }

  #drawStrip() {
    const mount = this.page.querySelector("[data-timeline-strips]");
    mount?.querySelector(".notes-strip")?.remove();
    const strip = mount && this.#player && stripElement(this.#listed, this.#player.frames, (note) => this.#act("go", note));
    if (strip) mount.prepend(strip);
  }

  #may(note) {
    const me = this.userId || this.guestId;
    const mine = this.mayWrite && (note.mine ?? (Boolean(me) && note.author?.id === me)); // `mine` is told to guests
    const [top, over] = [note.parent_id === null, mine || this.mayManage];
    return { me, edit: mine, remove: over, history: over, resolve: top && over && !this.guestId, reply: top && this.mayWrite, react: Boolean(me) && this.mayWrite };
  }

  #act(name, note, more) {
    if (!note) return;
    if (name === "go" || name === "drawing") this.#goTo(note);
    if (name === "resolve") attempt(() => this.#resolve(note));
    if (name === "remove") attempt(() => this.#remove(note));
    if (name === "reply") this.#reply(note);
    if (name === "edit") this.#edit(note);
    if (name === "history") attempt(() => showHistory(note));
    if (name === "react") attempt(() => this.#change(more.on ? "PUT" : "DELETE", `/api/comments/${note.id}/reactions/${more.name}`));
    if (name === "removeFile") attempt(() => this.#change("DELETE", `/api/comments/${note.id}/files/${more.id}`));
  }

  #reply(note, options) {
    this.#write(note, { ...options, draft: `reply-${note.id}`, label: t("Reply"), send: (body) => this.#post({ parent_id: note.id, body, version_id: note.version_id }) });
  }

  #edit(note, options) {
    this.#write(note, { ...options, ...readable(note), draft: `edit-${note.id}`, label: t("Save"), send: (body) => call("PATCH", `/api/comments/${note.id}`, { body }) });
  }

  /** A reply or an edit that a reload interrupted stands there again; once, for the first one there is. */
  #resume() {
    if (this.resumed || this.#open) return;
    this.resumed = true;
    const all = this.#listed.flatMap((note) => [note, ...note.replies]);
    const begun = all.find((note) => recall(`reply-${note.id}`) ?? recall(`edit-${note.id}`));
    if (!begun) return;
    if (recall(`edit-${begun.id}`) && this.#may(begun).edit) this.#edit(begun, { quiet: true });
    else if (this.#may(begun).reply) this.#reply(begun, { quiet: true });
  }

  /** The page was opened for a note: show it, at its frame, as soon as both are there. */
  #arrive() {
    const note = this.#wanted && this.#notes.find((one) => one.id === this.#wanted || one.replies.some((reply) => reply.id === this.#wanted));
    if (!note || !this.panel || (note.frame !== null && !this.#player && this.page.querySelector("video"))) return;
    this.#wanted = null;
    this.filter.reveal(note);
    const query = new URLSearchParams(location.search);
    query.delete("note");
    rename(query.toString());
    const item = [...this.list.children].find((one) => one.dataset.noteId === note.id);
    if (item) focus(this.list, item);
    this.#goTo(note);
  }

  #drawPeople() {
    const mount = this.panel?.querySelector("[data-presence]");
    if (mount) drawPeople(mount, this.#people, this.userId);
  }

  /** Show the note's frame with its drawing held out. */
  #goTo(note) {
    const { frame } = this.#notes.find((one) => one.id === note.parent_id) ?? note; // a reply stands where its note does
    if (frame !== null) this.#player?.seekFrame(frame);
    this.drawing.show(note);
  }

  #post(note) {
    return call("POST", `/api/assets/${this.assetId}/comments`, note);
  }

  async #send(note, files) {
    const written = await this.#post({ version_id: this.versionId, ...note });
    const chosen = files();
    this.filter.reveal(written);
    await this.look();
    if (chosen.length === 0) return;
    await sendFiles(written.id, chosen);
    await this.look();
  }

  /** A small form below a note; what is typed there outlives a reload. `quiet` leaves the focus where it is. */
  #write(note, { draft, label, text = "", names = [], send, quiet = false }) {
    this.#close();
    const kept = recall(draft);
    const form = smallForm({
      label,
      value: kept?.body ?? text,
      typed: (body) => keep(draft, { body, names: naming?.pairs ?? [] }),
      close: () => { keep(draft, null); this.#close(); },
      send: () => attempt(async () => {
        await send((naming?.source ?? area.value).trim());
        keep(draft, null);
        this.#close();
        await this.look();
      }),
    });
    const area = form.querySelector("textarea");
    const naming = this.userId ? new Naming(area, this.assetId, { internal: () => note.internal, names: kept?.names ?? names }) : null;
    this.#open = { id: note.parent_id ?? note.id, form };
    this.#place();
    if (quiet) return;
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
    toast(to === "resolve" ? t("Resolved.") : t("Open again."), { action: t("Undo"), onAction: () => attempt(() => this.#change("POST", `/api/comments/${note.id}/${back}`)) });
  }

  async #remove(note) {
    await this.#change("DELETE", `/api/comments/${note.id}`);
    toast(note.parent_id ? t("Reply deleted.") : t("Note deleted."), { action: t("Undo"), onAction: () => attempt(() => this.#change("POST", `/api/comments/${note.id}/restore`)) });
  }

  async #change(method, path) {
    await call(method, path);
    await this.look();
  }
}
