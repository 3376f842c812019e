/** The bell in the bar: notes that name the reader or answer theirs, reviews that wait, decisions; live, with the way to each. */

import { call, quietly } from "./api.js";
import { ago } from "./format.js";
import { onNotifications } from "./live.js";
import { go } from "./navigate.js";
import { attempt, make } from "./ui.js";
import { moment, rich, t } from "./words.js";

const SHOWN = 20;

/** Start the bell of the bar that is shown, if it has one; safe to call again after the bar was drawn anew. */
export function startBell() {
  const bell = document.querySelector("[data-bell]");
  if (!bell || bell.started) return;
  bell.started = true;
  const look = () => quietly(draw(bell));
  bell.addEventListener("toggle", () => { if (bell.open) look(); });
  bell.querySelector("[data-bell-all]").addEventListener("click", () => attempt(async () => {
    await call("POST", "/api/notifications/read");
    await draw(bell);
  }));
  onNotifications("bell", look);
  look();
}

async function draw(bell) {
  const inbox = await call("GET", `/api/notifications?limit=${SHOWN}`);
  const { unread, items } = inbox;
  const count = bell.querySelector("[data-bell-count]");
  count.hidden = unread === 0;
  count.textContent = unread > 99 ? "99+" : String(unread);
  bell.querySelector("summary").setAttribute("aria-label", unread ? t("Notifications, {unread} unread", { unread }) : t("Notifications"));
  bell.querySelector("[data-bell-all]").hidden = unread === 0;
  bell.querySelector("[data-bell-empty]").hidden = items.length > 0;
  bell.querySelector("[data-bell-list]").replaceChildren(...items.map(element));
}

/** Where it stands: its version's page, which goes to the note and its frame, or opens the review. */
function addressOf(one) {
  if (one.plugin) return "/admin/plugins";
  const page = `/assets/${one.asset_id}?version=${one.version_number}`;
  return one.comment_id ? `${page}&note=${one.comment_id}` : `${page}#review`;
}

/** What happened, as pieces of a sentence about `{who}`. */
function did(one, who) {
  const version = one.version_number;
  const words = {
    mention: () => rich("{who} named you", { who }),
    reply: () => rich("{who} answered you", { who }),
    review_asked: () => rich("{who} asks you to review v{version}", { who, version }),
    review_due: () => [t("Your review of v{version} is due soon", { version })],
    review_overdue: () => [t("Your review of v{version} is overdue", { version })],
    plugin_off: () => [t("The box switched off the plugin {name}", { name: one.plugin })],
    decided: () => (one.decision === "approved" ? rich("{who} approved v{version}", { who, version }) : rich("{who} requests changes to v{version}", { who, version })),
  };
  return words[one.kind]();
}

/** What a review still says beneath: when it is due, or where the version stands after a decision. */
function below(one) {
  if (one.excerpt) return one.excerpt;
  if (one.kind === "decided") return one.review_status === "in_review" ? t("Others still owe a decision.") : "";
  return one.due_at ? t("Due {when}", { when: moment(one.due_at) }) : "";
}

function element(one) {
  const who = make("strong", {}, one.author?.display_name ?? t("Somebody who left"));
  const said = below(one);
  const link = make(
    "a", { href: addressOf(one), "data-unread": one.read_at === null, "data-kind": one.kind },
    make("span", { class: "bell-who" }, ...did(one, who), " · ", make("time", { class: "muted", datetime: one.created_at }, ago(one.created_at))),
    ...(said ? [make("span", { class: "bell-said" }, said)] : []),
    ...(one.plugin ? [] : [make("span", { class: "muted small" }, `${one.asset_title} · ${one.project_name}`)]),
  );
  link.addEventListener("click", (event) => {
    if (one.read_at !== null || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    attempt(async () => {
      await call("POST", `/api/notifications/${one.id}/read`);
      await go(link.href);
    });
  });
  return make("li", {}, link);
}
