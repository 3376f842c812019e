/** Says on open pages that somebody logged in to this account from a new place; the page of logins ends it. */

import { call, quietly } from "./api.js";
import { onNotifications } from "./live.js";
import { go } from "./navigate.js";
import { toast } from "./ui.js";
import { t } from "./words.js";

const LOOK_MS = 300_000; // between two looks of one tab, unless something rings
const told = new Set(JSON.parse(sessionStorage.getItem("sign-ins-told") || "[]"));

/** Look now and then, and whenever the bell rings. */
export function watchSignIns() {
  if (Date.now() - Number(sessionStorage.getItem("sign-ins") || 0) > LOOK_MS) quietly(look());
  onNotifications("sign-ins", () => quietly(look()));
}

async function look() {
  sessionStorage.setItem("sign-ins", String(Date.now()));
  const { items } = await call("GET", "/api/account/sessions/news");
  for (const one of items) {
    if (told.has(one.id) || location.pathname === "/account/sessions") continue;
    told.add(one.id);
    sessionStorage.setItem("sign-ins-told", JSON.stringify([...told].slice(-50)));
    const device = one.device || t("an unknown program");
    const text = one.address ? t("New login to your account: {device}, from {address}.", { device, address: one.address }) : t("New login to your account: {device}.", { device });
    toast(text, { action: t("Look"), onAction: () => go("/account/sessions") });
  }
}
