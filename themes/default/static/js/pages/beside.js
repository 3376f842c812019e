/** Caption files and proxies of a version, in the panel: listed, added, removed, followed while they are made. */

import { ApiError, call } from "../lib/api.js";
import { addCaptions } from "../lib/captions.js";
import { bytes } from "../lib/format.js";
import { attempt, icon, make, sure, toast } from "../lib/ui.js";
import { language, t } from "../lib/words.js";

const CODES = "ar bg bn ca cs da de el en es et fa fi fr ga he hi hr hu id is it ja ko lt lv ms nb nl pl pt pt-BR ro ru sk sl sq sr sv ta te th tr uk ur vi zh".split(" ");
const names = new Intl.DisplayNames([language()], { type: "language" });

export class Beside {
  constructor(page, versionId) {
    this.page = page;
    this.versionId = versionId;
    this.fill();
  }

  /** Bring both lists into the panel as it is now; call it again when the panel was replaced. */
  fill() {
    this.captions = this.page.querySelector("[data-beside=captions]");
    this.proxies = this.page.querySelector("[data-beside=proxies]");
    if (!this.captions) return;
    this.captions.hidden = this.proxies.hidden = false;
    this.#startForm();
    for (const button of this.proxies.querySelectorAll("[data-recipe]")) {
      button.addEventListener("click", () => attempt(() => this.#request(button)));
    }
    attempt(() => this.drawCaptions());
    attempt(() => this.drawProxies());
  }

  /** Take caption files that were dropped or chosen; one that is refused says why in the panel. */
  async take(files) {
    const form = this.captions?.querySelector("form");
    const chosen = { language: form?.elements.language.value || "", forced: Boolean(form?.elements.forced.checked) };
    this.#wrong("");
    for (const file of files) {
      try {
        await addCaptions(this.versionId, file, chosen);
        toast(t("Captions added: {name}", { name: file.name }));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        this.#wrong(error.message);
      }
    }
    if (this.captions) await this.drawCaptions();
  }

  async drawCaptions() {
    if (!this.captions) return;
    const { items } = await call("GET", `/api/versions/${this.versionId}/captions`);
    const rows = items.map((one) => this.#captionRow(one));
    this.captions.querySelector("[data-list]").replaceChildren(...(rows.length ? rows : [make("li", { class: "muted" }, t("No files added."))]));
  }

  async drawProxies() {
    if (!this.proxies) return;
    const { items } = await call("GET", `/api/versions/${this.versionId}/proxies`);
    this.proxies.querySelector("[data-list]").replaceChildren(...items.map((one) => this.#proxyRow(one)));
    this.#offer(items);
  }

  /** News of a proxy: its row as it is now. */
  follow({ proxy }) {
    const row = this.proxies?.querySelector(`[data-id="${proxy.id}"]`);
    if (!row || proxy.status === "removed") attempt(() => this.drawProxies());
    else row.replaceWith(this.#proxyRow(proxy));
  }

  #startForm() {
    const form = this.captions.querySelector("form");
    if (!form) return;
    const select = form.elements.language;
    for (const code of CODES) select.append(make("option", { value: code }, names.of(code)));
    const input = form.querySelector("input[type=file]");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.querySelector("[data-do=pick]").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = "";
      attempt(() => this.take(files));
    });
  }

  #wrong(text) {
    const line = this.captions?.querySelector("[data-wrong]");
    if (!line) {
      if (text) toast(text, { bad: true });
      return;
    }
    line.textContent = text;
    line.hidden = !text;
  }

  #captionRow(one) {
    const words = [one.language, one.forced ? t("forced") : "", t("{count} caption|{count} captions", {}, one.cues)].filter(Boolean).join(" · ");
    const row = make("li", {}, make("span", { class: "name", title: one.filename }, one.label), make("span", { class: "muted small" }, words));
    if (this.captions.dataset.may === "true") row.append(this.#remover(t("Remove captions {label}", { label: one.label }), () => this.#removeCaptions(one)));
    return row;
  }

  #proxyRow(one) {
    const row = make("li", { "data-id": one.id, "data-status": one.status }, make("span", { class: "name" }, one.label));
    if (one.status === "failed") row.append(make("span", { class: "wrong small" }, one.error?.detail || t("It failed.")));
    else if (one.status === "ready") row.append(make("span", { class: "muted small number" }, bytes(one.size)));
    else row.append(make("progress", { max: 100, value: one.status === "processing" ? one.percent : false, "aria-label": t("Making {label}", { label: one.label }) }));
    if (one.url && this.proxies.dataset.mayDownload === "true") {
      row.append(make("a", { class: "button icon-only quiet", href: one.url, "data-plain": true, download: true, "aria-label": t("Download {filename}", { filename: one.filename }), title: t("Download") }, icon("download")));
    }
    if (this.proxies.dataset.may === "true") {
      const what = one.status === "ready" || one.status === "failed" ? t("Remove {label}", { label: one.label }) : t("Stop {label}", { label: one.label });
      row.append(this.#remover(what, () => this.#removeProxy(one)));
    }
    return row;
  }

  #remover(label, onclick) {
    return make("button", { type: "button", class: "icon-only quiet", "aria-label": label, title: label, onclick: () => attempt(onclick) }, icon("close"));
  }

  /** What is there, or on its way, is not offered again; what failed is. */
  #offer(items) {
    for (const button of this.proxies.querySelectorAll("[data-recipe]")) {
      button.hidden = items.some((one) => one.recipe === button.dataset.recipe && one.status !== "failed");
    }
  }

  async #request(button) {
    await call("POST", `/api/versions/${this.versionId}/proxies`, { recipe: button.dataset.recipe });
    await this.drawProxies();
  }

  async #removeCaptions(one) {
    if (!(await sure(t("Remove captions"), t("“{label}” goes from the player. The film stays as it is.", { label: one.label }), t("Remove")))) return;
    await call("DELETE", `/api/versions/${this.versionId}/captions/${one.id}`);
    await this.drawCaptions();
  }

  async #removeProxy(one) {
    if (one.status === "ready" && !(await sure(t("Remove proxy"), t("“{filename}” is removed. It can be made again.", { filename: one.filename }), t("Remove")))) return;
    await call("DELETE", `/api/versions/${this.versionId}/proxies/${one.id}`);
    await this.drawProxies();
  }
}
