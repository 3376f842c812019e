/** The update's part of the page Health: a bundle is sent, written to the other partition, started. */

import { ApiError, call, csrfToken } from "../lib/api.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

/** Serve the buttons within `frame`; `redraw` shows how it stands. While a bundle is sent, the part is busy. */
export function serve(frame, redraw) {
  frame.addEventListener("change", (event) => {
    const [file] = event.target.matches("[data-bundle]") ? event.target.files : [];
    if (file) attempt(() => busy(frame, () => send(frame, file), redraw));
  });
  frame.addEventListener("click", (event) => {
    const button = event.target.closest("[data-update-do]");
    if (!button) return;
    const [what, older] = [button.dataset.updateDo, button.dataset.older === "true"];
    attempt(() => busy(frame, () => act(what, older), redraw));
  });
}

async function busy(frame, work, redraw) {
  const part = frame.querySelector("[data-update]");
  part.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    part.removeAttribute("aria-busy");
  }
  await redraw();
}

async function act(what, older) {
  await call("POST", `/api/admin/update/${what}`, what === "install" ? { older } : undefined);
  toast(what === "install" ? t("The update is being written; people can go on working.") : t("The machine starts again; this page comes back by itself."));
}

/** The whole file as one body, with its progress; what does not hold is refused after its first bytes. */
async function send(frame, file) {
  const bar = frame.querySelector("[data-update] progress");
  bar.hidden = false;
  await new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", "/api/admin/update/bundle");
    request.setRequestHeader("X-CSRF-Token", csrfToken());
    request.upload.addEventListener("progress", (event) => { bar.max = event.total; bar.value = event.loaded; });
    request.addEventListener("load", () => (request.status === 200 ? resolve() : reject(new ApiError(request.status, problem(request)))));
    request.addEventListener("error", () => reject(new ApiError(0, { detail: t("The box took no more of this file: it is no update for it, or the network was lost.") })));
    request.send(file);
  });
}

function problem(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return { detail: t("The box answered {status}. Nothing is lost; try again.", { status: request.status }) };
  }
}
