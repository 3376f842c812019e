/**
 * A version that comes while another one is shown: its upload and its preview in place, then what can be done with
 * it. The page stays as it is, with what plays and what is being written, until the reader goes there.
 */

import { call } from "../lib/api.js";
import { listen } from "../lib/live.js";
import { attempt, icon, make } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { uploads } from "../uploads/queue.js";

const UNFINISHED = ["waiting", "sending", "verifying", "paused", "failed", "asking"];
const SAID = {
  waiting: (name) => t("{name} waits for its turn", { name }),
  sending: (name) => t("{name} is being sent", { name }),
  verifying: (name) => t("{name} is being verified", { name }),
  paused: (name) => t("{name} is paused", { name }),
  failed: (name) => t("{name} was not sent", { name }),
  asking: (name) => t("{name} is a master already: choose below", { name }),
};

export class Arrival {
  #box = null;
  #line = null;
  #follows = ""; // the version whose preview is followed
  #change = (event) => this.#sending(event.detail);
  #asset = (event) => this.#sent(event.detail);

  constructor(page, { assetId, versionId, number }) {
    Object.assign(this, { page, assetId, versionId, number: Number(number) });
    uploads.addEventListener("change", this.#change);
    uploads.addEventListener("asset", this.#asset);
  }

  end() {
    uploads.removeEventListener("change", this.#change);
    uploads.removeEventListener("asset", this.#asset);
    this.#line?.();
    this.#box?.remove();
  }

  /** The stack changed: somebody added a version, or one is shown that is not current any more. */
  async changed({ versions: what, changed_id: id, number }) {
    if (what === "added" && id !== this.versionId) this.#follow(id, number);
  }

  #sending(item) {
    if (!item || item.assetId !== this.assetId || !item.newVersion || !UNFINISHED.includes(item.state)) return;
    const percent = item.state === "sending" && item.size ? Math.floor((item.sent / item.size) * 100) : null;
    this.#say(SAID[item.state](item.name), percent);
  }

  #sent(item) {
    if (item.assetId === this.assetId && item.versionId) attempt(() => this.#look(item.versionId));
  }

  async #look(id) {
    const { items } = await call("GET", `/api/assets/${this.assetId}/versions?limit=200`);
    const found = items.find((one) => one.id === id);
    if (found) this.#follow(id, found.number);
  }

  #follow(id, number) {
    if (this.#follows === id) return;
    this.#line?.();
    this.#follows = id;
    this.#line = listen(`/api/preview/events?version_id=${id}`, { status: (status) => this.#status(id, number, status) });
  }

  #status(id, number, { status, percent, playable }) {
    const settled = ["ready", "failed", "unsupported"].includes(status);
    if (settled) this.#line?.();
    if (!settled && !playable) {
      this.#say(t("v{number}: making the preview", { number }), Math.floor(percent));
      return;
    }
    const text = status === "failed" ? t("v{number} is here; no preview could be made of it.", { number }) : settled ? t("v{number} is ready.", { number }) : t("v{number} can be played already.", { number });
    this.#offer(text, id, number, status === "ready");
  }

  #offer(text, id, number, comparable) {
    const buttons = [make("a", { class: "button primary", href: `/assets/${this.assetId}?version=${number}` }, t("Show v{number}", { number }))];
    if (comparable) buttons.push(make("a", { class: "button", href: `/compare?a=${this.versionId}&b=${id}` }, t("Compare with v{number}", { number: this.number })));
    this.#say(text, null, buttons);
  }

  #say(text, percent, buttons = []) {
    this.#box ??= this.#made();
    const body = this.#box.querySelector(".body");
    const said = `${text}${buttons.length}`;
    if (this.#box.said === said && percent !== null) {
      body.querySelector("progress").value = percent / 100;
      body.querySelector("output").textContent = `${percent} %`;
      return;
    }
    this.#box.said = said;
    const row = percent === null ? [] : [make("div", { class: "row" }, make("progress", { max: 1, value: percent / 100, "aria-label": text }), make("output", { class: "number" }, `${percent} %`))];
    body.replaceChildren(make("p", {}, text), ...row, ...(buttons.length ? [make("div", { class: "row" }, ...buttons)] : []));
  }

  #made() {
    const box = make("div", { class: "notice arrival", "data-arrival": "", role: "status" }, icon("upload"), make("div", { class: "body" }));
    box.append(make("button", { type: "button", class: "icon-only quiet", "aria-label": t("Close"), onclick: () => { box.remove(); this.#box = null; } }, icon("close")));
    this.page.append(box);
    return box;
  }
}
