/** The dialog that asks people for a review: steps with people, the rule, when it is due. */

import { call } from "../lib/api.js";
import { roleName } from "../lib/people.js";
import { icon, make } from "../lib/ui.js";
import { t } from "../lib/words.js";

const rules = () => [["all", t("Everybody approves")], ["any", t("One approval is enough")], ["majority", t("More than half approve")], ["named", t("Those required approve")]];
const MOST_STEPS = 10;
const EVENING = 18; // o'clock that the quick choices of a due date mean

/** Ask; answers the body of the call, or null. `request` is the one to change. */
export async function askForReview(projectId, request = null) {
  const [project, defaults] = await Promise.all([
    call("GET", `/api/projects/${projectId}`),
    request ? null : call("GET", `/api/projects/${projectId}/review-defaults`),
  ]);
  const form = new Form(project.members, request ?? { ...defaults, due_at: inDays(defaults.due_days) });
  const given = await form.ask(request ? t("Change the review") : t("Ask for a review"), project.role === "owner");
  if (given && form.keep.checked) await call("PUT", `/api/projects/${projectId}/review-defaults`, asDefaults(given));
  return given;
}

/** What is asked now, as what the project asks when nobody says otherwise. */
function asDefaults({ rule, steps, due_at: due }) {
  const days = due && Math.round((new Date(due) - Date.now()) / 86_400_000);
  return { rule, steps, due_days: due ? Math.min(365, Math.max(1, days)) : null };
}

class Form {
  constructor(members, { rule, due_at: due, steps }) {
    this.members = members;
    this.steps = make("div", { class: "steps" });
    this.rule = make("select", { id: "ask-rule" }, ...rules().map(([value, words]) => make("option", { value, selected: value === rule }, words)));
    this.due = make("input", { type: "datetime-local", id: "ask-due" });
    this.due.value = due ? local(new Date(due)) : "";
    this.keep = make("input", { type: "checkbox", name: "keep" });
    this.wrong = make("p", { class: "wrong", role: "alert", hidden: true });
    const wanted = steps.length > 0 ? steps : [{ name: "", reviewers: [] }];
    for (const step of wanted) this.#add(step);
    this.rule.addEventListener("change", () => this.#draw());
    this.#draw();
  }

  /** Show the dialog; answers what is asked, or null. Owners may keep it as the project's default. */
  ask(title, owner) {
    const before = document.activeElement;
    const quick = [["Tonight", 0], ["Tomorrow", 1], ["In 3 days", 3]].map(([words, days]) => make("button", { type: "button", onclick: () => { this.due.value = local(new Date(inDays(days))); } }, words));
    const form = make(
      "form", { method: "dialog", class: "form ask-review" }, this.steps,
      make("div", {}, make("button", { type: "button", "data-add-step": "", onclick: () => { this.#add({ name: "", reviewers: [] }); this.#draw(); this.steps.lastElementChild.querySelector("input").focus(); } }, icon("plus"), t("Add a step after this"))),
      make("div", { class: "ask-row" }, field(t("Rule"), this.rule), field(t("Due"), this.due)),
      make("div", { class: "row", role: "group", "aria-label": t("Due") }, ...quick, make("button", { type: "button", class: "quiet", onclick: () => { this.due.value = ""; } }, t("No due date"))),
      make("label", { class: "row", hidden: !owner }, this.keep, t("Ask the same people by default in this project")),
      this.wrong,
      make("div", { class: "row end" }, make("button", { type: "button", onclick: () => dialog.close("") }, t("Cancel")), make("button", { class: "primary", value: "yes" }, title)),
    );
    const dialog = make("dialog", { class: "wide", "aria-label": title }, make("h2", {}, title), form);
    form.addEventListener("submit", (event) => { if (!this.#complete()) event.preventDefault(); });
    document.body.append(dialog);
    dialog.showModal();
    this.steps.querySelector("input[type=checkbox]")?.focus();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        const given = dialog.returnValue === "yes" ? this.#given() : null;
        dialog.remove();
        before?.focus?.();
        resolve(given);
      });
    });
  }

  #add({ name, reviewers }) {
    if (this.steps.children.length >= MOST_STEPS) return;
    const chosen = new Map(reviewers.filter((one) => one.user && one.state !== "dropped").map((one) => [one.user.id, one.required]));
    const list = make("ul", { class: "ask-people", "aria-label": t("People") }, ...this.members.map((one) => person(one, chosen)));
    const title = make("input", { placeholder: t("Name of the step, such as Client"), "aria-label": t("Name of the step"), maxlength: 100 });
    title.value = name;
    const remove = make("button", { type: "button", class: "icon-only", "aria-label": t("Remove this step"), title: t("Remove this step"), onclick: () => { box.remove(); this.#draw(); } }, icon("trash"));
    const box = make("fieldset", { class: "ask-step" }, make("legend", {}), make("div", { class: "step-head" }, title, remove), list);
    list.addEventListener("change", (event) => { if (event.target.name === "who") this.#once(event.target); });
    this.steps.append(box);
  }

  /** One person, one decision: who is asked in one step is not asked in another. */
  #once(box) {
    if (!box.checked) return;
    for (const other of this.steps.querySelectorAll("input[name=who]")) if (other !== box && other.value === box.value) other.checked = false;
  }

  #draw() {
    const boxes = [...this.steps.children];
    boxes.forEach((box, at) => {
      box.querySelector("legend").textContent = boxes.length > 1 ? t("Step {number}", { number: at + 1 }) : t("Who is asked");
      box.querySelector(".step-head").hidden = boxes.length === 1;
    });
    for (const tick of this.steps.querySelectorAll("[data-required]")) tick.hidden = this.rule.value !== "named";
  }

  #given() {
    const steps = [...this.steps.children].map((box) => {
      const rows = [...box.querySelectorAll("li")].filter((row) => row.querySelector("[name=who]").checked);
      const id = (row) => row.querySelector("[name=who]").value;
      return { name: box.querySelector(".step-head input").value.trim(), reviewers: rows.map(id), required: rows.filter((row) => row.querySelector("[name=required]").checked).map(id) };
    });
    return { steps, rule: this.rule.value, due_at: this.due.value ? new Date(this.due.value).toISOString() : null };
  }

  #complete() {
    const { steps, rule } = this.#given();
    const empty = steps.some((step) => step.reviewers.length === 0);
    const nobody = rule === "named" && steps.some((step) => step.required.length === 0);
    this.wrong.textContent = empty ? t("Choose somebody in every step.") : nobody ? t("Choose somebody required in every step.") : "";
    this.wrong.hidden = !empty && !nobody;
    return !empty && !nobody;
  }
}

function person(member, chosen) {
  const who = make("input", { type: "checkbox", name: "who", value: member.user_id, checked: chosen.has(member.user_id) });
  const required = make("input", { type: "checkbox", name: "required", checked: chosen.get(member.user_id) === true });
  return make(
    "li", {},
    make("label", {}, who, make("span", { class: "name", title: member.email }, member.display_name), make("span", { class: "small muted" }, roleName(member.role))),
    make("label", { "data-required": "" }, required, make("span", { class: "small" }, t("required"))),
  );
}

function field(label, input) {
  return make("div", { class: "field" }, make("label", { for: input.id }, label), input);
}

/** Six in the evening, so many days from now; at once passed is tomorrow. Null stays null. */
function inDays(days) {
  if (days === null || days === undefined) return null;
  const moment = new Date();
  moment.setDate(moment.getDate() + days);
  moment.setHours(EVENING, 0, 0, 0);
  if (moment <= new Date()) moment.setDate(moment.getDate() + 1);
  return moment.toISOString();
}

/** A moment as the field of a form wants it, in the reader's own time. */
function local(moment) {
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
