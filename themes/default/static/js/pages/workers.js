/** Workers: the list is asked for again while the page is looked at; drain and undo, remove, a token told once. */

import { call, fragment, quietly } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { copyNow, proved } from "../lib/proof.js";
import { attempt, make, sure, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const EVERY = 5000; // milliseconds: as often as a worker beats

export function start(main) {
  const frame = main.querySelector("[data-workers]");
  const redraw = async () => {
    const fresh = await fragment(frame.dataset.workers);
    frame.replaceChildren(...fresh.querySelector("[data-workers]").childNodes);
    for (const time of frame.querySelectorAll("time[data-ago]")) time.textContent = ago(time.dateTime);
  };
  const refresh = async () => {
    if (!document.hidden && !frame.contains(document.activeElement)) await redraw();
  };
  const timer = setInterval(() => quietly(refresh()), EVERY);
  main.querySelector("[data-invite]").addEventListener("click", () => attempt(() => invite(redraw)));
  frame.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) attempt(() => press(button, redraw));
  });
  return () => clearInterval(timer);
}

async function press(button, redraw) {
  const { worker, host, token } = button.closest("tr").dataset;
  if (button.dataset.workerAction) await turn(worker, host, button.dataset.workerAction, redraw);
  else if ("workerRemove" in button.dataset) await remove(worker, host);
  else await call("DELETE", `/api/admin/worker-tokens/${token}`);
  await redraw();
}

async function turn(worker, host, action, redraw) {
  await call("POST", `/api/admin/workers/${worker}/${action}`);
  if (action === "resume") return toast(t("{name} takes jobs again.", { name: host }));
  const undo = async () => {
    await call("POST", `/api/admin/workers/${worker}/resume`);
    await redraw();
  };
  toast(t("{name} takes no new job; what it does it ends.", { name: host }), { action: t("Undo"), onAction: () => attempt(undo) });
}

async function remove(worker, host) {
  const text = t("It stops working for this box; to come back it needs a new token. It knows this box's passwords: change them if the machine is not yours any more.");
  if (await sure(t("Remove {name}?", { name: host }), text, t("Remove"))) await call("DELETE", `/api/admin/workers/${worker}`);
}

/** A token and the line to type, told this once. */
async function invite(redraw) {
  const made = await proved(() => call("POST", "/api/admin/worker-tokens", {}));
  if (!made) return;
  const line = make("textarea", { class: "mono worker-command", readonly: true, rows: 4, "aria-label": t("What to type on the other machine"), "data-command": true });
  line.value = made.command;
  line.addEventListener("focus", () => line.select());
  await copyNow(t("Type this on the other machine"), t("It holds once and for half an hour, and cannot be shown again. The machine needs the same version of MAM."), made.command, line);
  await redraw();
}
