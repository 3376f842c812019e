/** The review in the asset page's header: who is asked, what they said, one's own decision, asking people. */

import { call, quietly } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { bind } from "../lib/keys.js";
import { attempt, make, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { askForReview } from "./approval-ask.js";
import { drawDue, drawPanel } from "./approval-parts.js";
import { decide, states } from "./decide.js";

/** Start where the page has a version; answers {look, end}. */
export function startApproval(root = document) {
  const mount = root.querySelector("[data-approval]");
  return mount ? new Approval(mount) : { look: () => Promise.resolve(), end: () => {} };
}

class Approval {
  #found = null;
  #history = null;
  #asking = false;

  constructor(mount) {
    Object.assign(this, { mount, versionId: mount.dataset.versionId, projectId: mount.dataset.projectId, userId: mount.dataset.userId });
    this.menu = mount.querySelector("[data-approval-menu]");
    this.panel = mount.querySelector("[data-approval-panel]");
    mount.addEventListener("click", (event) => {
      const button = event.target.closest("[data-decide]");
      if (button) this.#press(button.dataset.decide);
    });
    this.unbind = bind({
      "Shift+a": () => this.#press("approved"),
      "Shift+r": () => this.#press("changes_requested"),
    });
    if (location.hash === "#review") this.menu.open = true; // the way from a notification
    quietly(this.look());
  }

  end() {
    this.unbind();
  }

  /** Ask where it stands, and show that. */
  async look() {
    this.#show(await call("GET", `/api/versions/${this.versionId}/approvals`));
  }

  #show(found) {
    this.#found = found;
    const { status, overdue } = found.review;
    const line = this.mount.querySelector("[data-approval-state]");
    line.dataset.review = overdue ? "overdue" : status;
    const words = status === "none" ? t("Review") : overdue ? `${states()[status]} · ${t("overdue")}` : states()[status];
    line.querySelector(".words").textContent = words;
    this.menu.querySelector("summary").setAttribute("aria-label", status === "none" ? t("Review: nobody asked") : t("Review: {state}", { state: words }));
    this.mount.querySelector("[data-approval-quick]").hidden = !found.owes;
    this.mount.querySelectorAll("[data-approval-due]").forEach((one) => drawDue(one, found.review));
    if (this.#asking) return; // words are being typed there
    const focused = this.panel.contains(document.activeElement) && document.activeElement.dataset.act;
    drawPanel(this.panel, found, this.#history, (name) => this.#act(name));
    if (focused) (this.panel.querySelector(`[data-act="${focused}"]`) ?? this.menu.querySelector("summary")).focus();
  }

  /** A decision by button or key. A request for changes asks for its words first, in the panel. */
  #press(decision) {
    if (!this.#found?.may_decide) {
      const why = this.#found?.request ? t("It is not your turn yet, or you were not asked.") : t("You may not decide here.");
      toast(why);
      return;
    }
    if (decision === "changes_requested") this.#openNote();
    else attempt(() => this.#decide(decision, ""));
  }

  #openNote() {
    this.menu.open = true;
    this.#asking = true;
    const area = make("textarea", { rows: 3, maxlength: 5000, "aria-label": t("What should change"), placeholder: t("What should change? It becomes a note.") });
    area.value = this.#found.mine?.decision === "changes_requested" ? this.#found.mine.note : "";
    const close = () => { this.#asking = false; this.#show(this.#found); this.menu.querySelector("summary").focus(); };
    const send = () => attempt(async () => { this.#asking = false; await this.#decide("changes_requested", area.value.trim()); });
    area.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") { event.stopPropagation(); close(); }
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); send(); }
    });
    const buttons = [make("button", { type: "button", "data-keep": true, onclick: close }, t("Cancel")), make("button", { type: "button", class: "primary", "data-keep": true, onclick: send }, t("Request changes"))];
    const form = make("div", { class: "form-inline" }, area, make("div", { class: "row end" }, ...buttons));
    const actions = this.panel.querySelector("[data-own]");
    actions.replaceChildren(form);
    area.focus();
  }

  async #decide(decision, note) {
    const found = await decide(this.versionId, decision, note, this.#found.mine, (again) => this.#show(again));
    this.menu.open = false;
    this.#show(found);
  }

  #act(name) {
    const acts = {
      ask: () => this.#ask(),
      change: () => this.#ask(this.#found.request),
      same: () => this.#same(),
      withdraw: () => this.#withdraw(),
      history: () => this.#past(),
    };
    attempt(acts[name]);
  }

  async #ask(request = null) {
    this.menu.open = false;
    const given = await askForReview(this.projectId, request);
    if (!given) return;
    const found = await call(request ? "PATCH" : "POST", `/api/versions/${this.versionId}/review`, given);
    this.#show(found);
    toast(request ? t("Review changed.") : t("Review asked for."), request ? {} : { action: t("Undo"), onAction: () => attempt(() => this.#remove()) });
  }

  async #same() {
    this.#show(await call("POST", `/api/versions/${this.versionId}/review`, { same_as: this.#found.previous.version_id }));
    toast(t("The same people are asked."), { action: t("Undo"), onAction: () => attempt(() => this.#remove()) });
  }

  async #withdraw() {
    const { rule, due_at, steps } = this.#found.request;
    const again = { rule, due_at, steps: asSteps(steps) };
    await this.#remove();
    toast(t("Review withdrawn; nobody owes anything."), {
      action: t("Undo"),
      onAction: () => attempt(async () => this.#show(await call("POST", `/api/versions/${this.versionId}/review`, again))),
    });
  }

  async #remove() {
    await call("DELETE", `/api/versions/${this.versionId}/review`);
    await this.look();
  }

  async #past() {
    const { items } = await call("GET", `/api/versions/${this.versionId}/approvals/history?limit=50`);
    this.#history = items.map((one) => ({ ...one, when: ago(one.decided_at) }));
    this.#show(this.#found);
  }
}

/** Steps as they are asked for again: people who lost access are left out. */
export function asSteps(steps) {
  return steps.map(({ name, reviewers }) => {
    const here = reviewers.filter((one) => one.state !== "dropped" && one.user);
    return { name, reviewers: here.map((one) => one.user.id), required: here.filter((one) => one.required).map((one) => one.user.id) };
  }).filter((step) => step.reviewers.length > 0);
}
