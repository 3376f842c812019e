/** Open notes of the version before: offered once where a newer one is shown, carried over with a way back. */

import { call } from "../lib/api.js";
import { attempt, icon, make, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const DECLINED = "mam-not-carried-";

/** Offer what is left of an earlier version above the notes; nothing where nothing is, or where it was declined. */
export async function offerNotes(page, versionId) {
  if (declined(versionId)) return;
  const found = await call("GET", `/api/versions/${versionId}/comments/carry`);
  const notes = page.querySelector("[data-notes]");
  if (!found.open || !notes || page.querySelector("[data-carry-offer]")) return;
  const box = make("div", { class: "notice carry-offer", "data-carry-offer": "", role: "status" });
  const carry = make("button", { type: "button", class: "primary", onclick: () => attempt(async () => { carry.disabled = true; await carryNotes(versionId, found); box.remove(); }) }, t("Carry over"));
  const leave = make("button", { type: "button", onclick: () => { decline(versionId); box.remove(); } }, t("Not now"));
  const text = t("v{number} has {count} open note.|v{number} has {count} open notes.", { number: found.number }, found.open);
  box.append(icon("info"), make("div", { class: "body" }, make("p", {}, text), make("div", { class: "row" }, carry, leave)));
  notes.before(box);
}

/** Carry them all; the page's own events show them. */
export async function carryNotes(versionId, { from_version_id, number }) {
  const { carried, unplaced } = await call("POST", `/api/versions/${versionId}/comments/carry`, { from_version_id, replies: true });
  const done = t("{count} note carried over from v{number}.|{count} notes carried over from v{number}.", { number }, carried.length);
  const lost = unplaced ? ` ${t("{count} of them lay beyond its end and stands on the whole now.|{count} of them lay beyond its end and stand on the whole now.", {}, unplaced)}` : "";
  toast(done + lost, {
    action: t("Undo"),
    onAction: () => attempt(() => Promise.all(carried.map((note) => call("DELETE", `/api/comments/${note.id}`)))),
  });
}

function declined(versionId) {
  try {
    return sessionStorage.getItem(DECLINED + versionId) !== null;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}

function decline(versionId) {
  try {
    sessionStorage.setItem(DECLINED + versionId, "1");
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // storage switched off: it is offered again
  }
}
