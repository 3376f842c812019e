/** Plugins: switch one on or off, have it look at itself again, change its settings. */

import { call, fragment } from "../lib/api.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const SETTINGS = "[data-settings]";

export function start(main) {
  const path = (element) => `/api/admin/plugins/${encodeURIComponent(element.closest("[data-plugin]").dataset.plugin)}`;
  main.addEventListener("click", (event) => {
    const button = event.target.closest("[data-turn], [data-recheck]");
    if (button) attempt(() => turn(main, button, path(button)));
  });
  main.addEventListener("submit", (event) => {
    const form = event.target.closest(SETTINGS);
    if (!form) return;
    event.preventDefault();
    attempt(() => save(main, form, path(form)));
  });
  for (const form of main.querySelectorAll(SETTINGS)) remember(form);
}

async function turn(main, button, path) {
  button.disabled = true;
  try {
    await call("POST", `${path}/${button.dataset.turn || "check"}`);
  } finally {
    button.disabled = false;
  }
  await redraw(main, button.closest("[data-plugin]"));
  if (button.dataset.turn === "disable") {
    const again = async () => {
      await call("POST", `${path}/enable`);
      await redraw(main, main.querySelector(`[data-plugin="${CSS.escape(decodeURIComponent(path.split("/").pop()))}"]`));
    };
    toast(t("Switched off."), { action: t("Undo"), onAction: () => attempt(again) });
  }
}

/** What each field held when the page was drawn: only what was changed is sent, so no secret goes astray. */
function remember(form) {
  for (const field of form.querySelectorAll("[data-field]")) field.dataset.was = JSON.stringify(worth(field));
}

function worth(field) {
  const input = field.querySelector("input, select, textarea");
  const text = input.value.trim();
  if (field.dataset.kind === "yes_no") return input.checked;
  if (field.dataset.kind === "list") return text.split("\n").map((one) => one.trim()).filter(Boolean);
  if (field.dataset.kind === "number") return text === "" ? null : (Number.isNaN(Number(text)) ? text : Number(text));
  return field.dataset.kind === "secret" ? (input.value || null) : text;
}

async function save(main, form, path) {
  const changed = [...form.querySelectorAll("[data-field]")].filter((field) => JSON.stringify(worth(field)) !== field.dataset.was);
  for (const line of form.querySelectorAll(".wrong")) line.textContent = "";
  if (!changed.length) return toast(t("Nothing was changed."));
  const settings = Object.fromEntries(changed.map((field) => [field.dataset.field, worth(field)]));
  try {
    await call("PATCH", `${path}/settings`, { settings });
  } catch (error) {
    if (!point(form, error)) throw error;
    return undefined;
  }
  await redraw(main, form.closest("[data-plugin]"));
  return toast(t("Saved; it holds from the next start of the box on."));
}

/** Put a refusal beside its field; whether there is one. */
function point(form, error) {
  const wrong = error.fields?.[0];
  const name = wrong?.field.split(".")[wrong.field.startsWith("settings.") ? 1 : 0];
  const field = name && form.querySelector(`[data-field="${CSS.escape(name)}"]`);
  if (!field) return false;
  field.querySelector(".wrong").textContent = wrong.message;
  field.querySelector("input, select, textarea").focus();
  return true;
}

async function redraw(main, old) {
  const fresh = (await fragment(location.href)).querySelector(`[data-plugin="${CSS.escape(old.dataset.plugin)}"]`);
  const open = old.querySelector("details")?.open;
  old.replaceWith(fresh);
  if (open && fresh.querySelector("details")) fresh.querySelector("details").open = true;
  if (fresh.querySelector(SETTINGS)) remember(fresh.querySelector(SETTINGS));
}
