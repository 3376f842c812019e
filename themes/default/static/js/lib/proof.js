/** Work that may ask who is there: where the last proof is old, the password or a code is asked for, then it goes on. */

import { ApiError, call } from "./api.js";
import { make } from "./ui.js";
import { t } from "./words.js";

/** The value of `work()`, done again once after the reader has proved who they are; undefined where they would not. */
export async function proved(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "proof_needed") throw error;
  }
  return (await asked()) ? work() : undefined;
}

/** Ask until it is right or given up: true or false. */
function asked() {
  const input = make("input", { id: "proof", type: "password", autocomplete: "current-password", required: true, maxlength: 1024 });
  const label = make("label", { for: "proof" }, t("Password"));
  const wrong = make("span", { class: "wrong", role: "alert" });
  const other = make("button", { type: "button", class: "quiet", onclick: () => turn(input.type === "password") }, t("Use a code instead"));
  const turn = (toCode) => {
    input.type = toCode ? "text" : "password";
    input.autocomplete = toCode ? "one-time-code" : "current-password";
    label.textContent = toCode ? t("Code") : t("Password");
    other.textContent = toCode ? t("Use the password instead") : t("Use a code instead");
    input.value = wrong.textContent = "";
    input.focus();
  };
  const form = make("form", { class: "form" },
    make("p", { class: "muted" }, t("The last time you showed it is a while ago.")),
    make("div", { class: "field" }, label, input, wrong), other,
    make("div", { class: "row end" },
      make("button", { type: "button", onclick: () => dialog.close("") }, t("Cancel")),
      make("button", { class: "primary" }, t("Go on"))));
  const dialog = make("dialog", { "aria-label": t("Is it still you?") }, make("h2", {}, t("Is it still you?")), form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await call("POST", "/api/account/proof", { [input.type === "password" ? "password" : "code"]: input.value });
      dialog.close("yes");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      wrong.textContent = error.message;
      input.select();
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

/** Something that is told this once: to be copied before the dialog is closed. Resolves when it is. */
export function copyNow(title, text, value, shown) {
  const said = make("span", { class: "muted small", role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      said.textContent = t("Copied.");
    } catch {
      said.textContent = t("Select it and copy it yourself: this browser lets no page do it here.");
    }
  };
  const dialog = make("dialog", { class: "copy-now", "aria-label": title },
    make("h2", {}, title), make("p", {}, text), shown,
    make("div", { class: "row end" }, said,
      make("button", { type: "button", class: "primary", onclick: copy }, t("Copy")),
      make("button", { type: "button", onclick: () => dialog.close() }, t("Done"))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve();
    });
  });
}
