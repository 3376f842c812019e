/** The panel of a review: its state, its steps with their people, one's own buttons. Draws, asks nothing. */

import { ago } from "../lib/format.js";
import { icon, make } from "../lib/ui.js";
import { date, moment, t } from "../lib/words.js";

const persons = () => ({
  later: t("later"), waiting: t("waiting"), approved: t("approved"), changes_requested: t("changes requested"), done: t("not needed"), dropped: t("no access any more"),
});
const DOTS = { waiting: "in_review", approved: "approved", changes_requested: "changes_requested" };
const rules = () => ({ all: t("everybody approves"), any: t("one approval is enough"), majority: t("more than half approve"), named: t("those required approve") });
const steps = () => ({ approved: t("approved"), changes_requested: t("changes requested"), open: t("open"), later: t("opens later"), blocked: t("nobody is left here") });

/** "Due 24 Nov, 18:00", in the reader's own time. */
export function dueText(iso) {
  const shape = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  return t("Due {when}", { when: date(iso, shape) });
}

/** Until when words are owed, in the page's bar; nothing where nobody owes any, or no day was named. */
export function drawDue(line, { status, due_at: due, overdue }) {
  line.hidden = status !== "in_review" || !due;
  if (line.hidden) return;
  line.dateTime = due;
  line.classList.toggle("overdue", overdue);
  line.textContent = dueText(due);
}

/** Fill `panel` with what `GET …/approvals` answered; `act(name)` is called on a button. */
export function drawPanel(panel, found, history, act) {
  const { request, others, clients } = found;
  const parts = [head(found)];
  if (request) parts.push(...request.steps.map((step) => stepElement(step, request.steps.length > 1)));
  if (clients.length > 0) parts.push(make("section", {}, make("h3", {}, t("Clients who must agree")), people(clients.map(clientElement))));
  if (others.length > 0) parts.push(make("section", {}, make("h3", {}, t("Said without being asked")), people(others.map(saidElement))));
  parts.push(own(found), asking(found, act));
  parts.push(history ? past(history) : link("history", t("What was said before"), act));
  panel.replaceChildren(...parts.filter(Boolean));
}

function head({ review, request }) {
  const box = make("div", { class: "approval-head" });
  if (!request) box.append(make("p", { class: "muted" }, review.status === "none" ? t("Nobody was asked for a review of this version.") : t("Decided without a review.")));
  else {
    const when = ago(request.asked_at);
    const asked = request.asked_by ? t("Asked by {name} {when}", { name: request.asked_by.display_name, when }) : t("Asked {when}", { when });
    box.append(make("p", {}, `${asked} · ${rules()[request.rule]}`));
    if (request.due_at) box.append(make("p", { class: review.overdue ? "overdue" : "muted" }, review.overdue ? `${dueText(request.due_at)} · ${t("overdue")}` : dueText(request.due_at)));
  }
  return box;
}

function stepElement(step, several) {
  const title = several && make("h3", {}, `${step.number}. ${step.name || t("Step")}`, make("span", { class: "muted" }, steps()[step.state]));
  const blocked = step.state === "blocked" && make("p", { class: "small overdue" }, t("Nobody is left in this step whose word could decide. Ask somebody else."));
  const list = people(step.reviewers.map((one) => personElement(one.user, persons()[one.state], DOTS[one.state], one.note, one.decided_at, one)));
  return make("section", {}, ...[title, list, blocked].filter(Boolean));
}

function personElement(user, words, dot, note, when, { required = false, state = "" } = {}) {
  const name = user?.display_name ?? t("Somebody who left");
  const item = make(
    "li", { class: state === "dropped" ? "gone" : "" },
    make("span", { class: "avatar", "aria-hidden": "true" }, initials(name)),
    make("span", { class: "name", title: name }, required ? `${name} · ${t("required")}` : name),
    make("span", { class: "state", "data-review": dot ?? "", title: when ? moment(when) : "" }, words),
  );
  if (note) item.append(make("span", { class: "said" }, note));
  return item;
}

/** A share link whose guests must agree: they are many, the link has one word. */
function clientElement({ title, decision }) {
  const state = decision ?? "waiting";
  return personElement({ display_name: title || t("Untitled link") }, persons()[state], DOTS[state], "", null, { required: true });
}

function saidElement(one) {
  const user = one.user ?? (one.guest_name && { display_name: t("{name} (guest)", { name: one.guest_name }) });
  return personElement(user, persons()[one.decision] ?? t("taken back"), DOTS[one.decision], one.note, one.decided_at);
}

const people = (items) => make("ul", { class: "approval-people" }, ...items);

function own({ may_decide: may, mine }) {
  const box = make("div", { class: "approval-actions", "data-own": "" });
  if (!may) return box;
  const button = (decision, words, look, ...more) => make(
    "button", { type: "button", class: look, "data-keep": true, "data-act": decision, "data-decide": decision, "aria-pressed": String(mine?.decision === decision) }, ...more, words,
  );
  box.append(button("approved", t("Approve"), "yes", icon("check")), button("changes_requested", t("Request changes"), "no"));
  if (mine) box.append(button("pending", t("Take back what I said"), "quiet"));
  return box;
}

function asking({ may_request: may, request, previous }, act) {
  if (!may) return null;
  const names = request ? [["change", t("Change…")], ["withdraw", t("Withdraw")]] : [previous && ["same", t("Ask the same people as v{number}", { number: previous.number })], ["ask", t("Ask for a review…")]];
  return make("div", { class: "approval-actions" }, ...names.filter(Boolean).map(([name, words]) => make(
    "button", { type: "button", "data-act": name, onclick: () => act(name) }, words,
  )));
}

function link(name, words, act) {
  return make("div", {}, make("button", { type: "button", class: "quiet small", "data-keep": true, "data-act": name, onclick: () => act(name) }, words));
}

function past(history) {
  if (history.length === 0) return make("p", { class: "small muted" }, t("Nothing was said before."));
  return make("section", {}, make("h3", {}, t("What was said")), people(history.map((one) => {
    const item = saidElement(one);
    item.append(make("span", { class: "said" }, one.superseded_at && one.decision !== "pending" ? `${one.when} · ${t("since replaced")}` : one.when));
    return item;
  })));
}

/** "AK" of Ana Kovač. */
export function initials(name) {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  return (words.slice(0, 1).concat(words.slice(1).slice(-1)).map((word) => word[0]).join("") || "?").toUpperCase();
}
