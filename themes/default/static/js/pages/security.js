/** The second factor: a picture for the phone, a first code, recovery codes told once; another password. */

import { ApiError, call } from "../lib/api.js";
import { copyNow, proved } from "../lib/proof.js";
import { attempt, make, sure, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { startPasskeys } from "./passkeys.js";

const SVG = "http://www.w3.org/2000/svg";
const FACTOR = "/api/account/second-factor";

export function start(main) {
  const on = (name, work) => main.querySelector(`[data-${name}]`)?.addEventListener("click", () => attempt(work));
  on("factor-on", setUp);
  on("factor-off", turnOff);
  on("codes-new", renew);
  startPasskeys(main.querySelector("[data-passkeys]"));
  main.querySelector("[data-password]").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => changePassword(event.target));
  });
}

async function setUp() {
  const begun = await proved(() => call("POST", FACTOR));
  if (!begun) return;
  const answer = await scanned(begun);
  if (answer) await tell(answer);
  location.reload();
}

/** The dialog with the picture; answers the recovery codes once a code fitted, or null. */
function scanned({ secret, qr }) {
  const input = make("input", { id: "first-code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 10, required: true });
  const wrong = make("span", { class: "wrong", role: "alert" });
  let answer = null;
  const form = make("form", { class: "form" },
    make("div", { class: "qr-side" }, picture(qr), make("div", { class: "form" },
      make("p", {}, t("Read the picture with the app. Or type this into it:")),
      make("code", { "data-secret": true }, secret.match(/.{1,4}/g).join(" ")))),
    make("div", { class: "field" }, make("label", { for: "first-code" }, t("The code that it shows")), input, wrong),
    make("div", { class: "row end" },
      make("button", { type: "button", onclick: () => dialog.close() }, t("Cancel")),
      make("button", { class: "primary" }, t("Turn on"))));
  const dialog = make("dialog", { class: "wide", "aria-label": t("Codes from your phone") }, make("h2", {}, t("Codes from your phone")), form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      answer = await call("POST", `${FACTOR}/confirm`, { code: input.value });
      dialog.close();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      wrong.textContent = error.message;
      input.select();
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
  });
}

/** The QR code as one path; drawn here, so that the secret leaves the box for nobody else. */
function picture(rows) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "qr");
  svg.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", t("QR code"));
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", rows.flatMap((row, y) => [...row].map((one, x) => (one === "1" ? `M${x} ${y}h1v1h-1z` : ""))).join(""));
  svg.append(path);
  return svg;
}

function tell({ recovery_codes: codes }) {
  const list = make("ul", { class: "codes", "data-codes": true }, ...codes.map((one) => make("li", {}, one)));
  return copyNow(t("Your recovery codes"), t("Each lets you in once without the phone. Keep them apart from it; they are not shown again."), codes.join("\n"), list);
}

async function renew() {
  const answer = await proved(() => call("POST", `${FACTOR}/recovery-codes`));
  if (!answer) return;
  await tell(answer);
  location.reload();
}

async function turnOff() {
  if (!await sure(t("Turn the codes off?"), t("Your password alone lets people in then."), t("Turn off"))) return;
  await proved(async () => {
    await call("DELETE", FACTOR);
    location.reload();
  });
}

async function changePassword(form) {
  const password = form.querySelector("input").value;
  const done = await proved(async () => {
    await call("PUT", "/api/account/password", { password });
    return true;
  });
  if (!done) return;
  form.reset();
  toast(t("Changed. Your other logins have ended."));
}
