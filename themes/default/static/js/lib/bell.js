/** The bell in the bar: who named the reader in a note or answered theirs; live, and a way to each note. */

import { call, quietly } from "./api.js";
import { ago } from "./format.js";
import { onNotifications } from "./live.js";
import { go } from "./navigate.js";
import { attempt, make } from "./ui.js";

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
  onNotifications(look);
  look();
}

async function draw(bell) {
  const inbox = await call("GET", `/api/notifications?limit=${SHOWN}`);
  const { unread, items } = inbox;
  const count = bell.querySelector("[data-bell-count]");
  count.hidden = unread === 0;
  count.textContent = unread > 99 ? "99+" : String(unread);
  bell.querySelector("summary").setAttribute("aria-label", unread ? `Notifications, ${unread} unread` : "Notifications");
  bell.querySelector("[data-bell-all]").hidden = unread === 0;
  bell.querySelector("[data-bell-empty]").hidden = items.length > 0;
  bell.querySelector("[data-bell-list]").replaceChildren(...items.map(element));
}

/** Where a note stands: its version's page, which goes to the note and its frame. */
function addressOf(one) {
  return `/assets/${one.asset_id}?version=${one.version_number}&note=${one.comment_id}`;
}

function element(one) {
  const did = one.kind === "mention" ? "named you" : "answered you";
  const link = make(
    "a", { href: addressOf(one), "data-unread": one.read_at === null },
    make("span", { class: "bell-who" }, make("strong", {}, one.author?.display_name ?? "Somebody who left"), ` ${did} · `, make("time", { class: "muted", datetime: one.created_at }, ago(one.created_at))),
    make("span", { class: "bell-said" }, one.excerpt),
    make("span", { class: "muted small" }, `${one.asset_title} · ${one.project_name}`),
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
