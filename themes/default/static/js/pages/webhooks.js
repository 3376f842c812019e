/** Webhooks: make and change one, its secret shown once, tests, sending again; the list of deliveries follows. */

import { call, fragment, quietly } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { attempt, make, sure, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const EVERY = 3000; // milliseconds
const ALL = "*";

export function start(main) {
  const page = () => main.querySelector(".webhooks-page");
  const id = (button) => button.closest("[data-webhook]")?.dataset.webhook;
  const redraw = async () => {
    page().replaceWith((await fragment(location.href)).querySelector(".webhooks-page"));
    times(main);
  };
  const actions = {
    newWebhook: () => form(page(), null),
    editWebhook: () => form(page(), page().dataset),
    ping: async (button) => { await call("POST", `/api/webhooks/${id(button)}/ping`); toast(t("The test is on its way.")); },
    switch: (button) => call("PATCH", `/api/webhooks/${id(button)}`, { active: button.dataset.switch === "on" }),
    rotate: async (button) => secret(await call("POST", `/api/webhooks/${id(button)}/rotate`), t("New secret")),
    deleteWebhook: remove,
    resend: async (button) => {
      await call("POST", `/api/webhooks/${id(button)}/deliveries/${button.dataset.resend}/resend`);
      toast(t("It goes out again."));
    },
    resendAll: async (button) => {
      const { count } = await call("POST", `/api/webhooks/${id(button)}/resend`, { since: "2000-01-01T00:00:00Z" });
      toast(t("{count} delivery goes out again.|{count} deliveries go out again.", {}, count));
    },
  };
  main.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const name = button && Object.keys(actions).find((one) => one in button.dataset);
    if (name) attempt(async () => { await actions[name](button); await redraw(); });
  });
  const follow = async () => {
    const frame = main.querySelector("[data-deliveries]");
    if (!frame || document.hidden || frame.contains(document.activeElement)) return;
    const fresh = await fragment(location.href);
    frame.replaceChildren(...fresh.querySelector("[data-deliveries]").childNodes);
    times(frame);
  };
  const timer = setInterval(() => quietly(follow()), EVERY);
  return () => clearInterval(timer);
}

function times(frame) {
  for (const time of frame.querySelectorAll("time[data-ago]")) time.textContent = ago(time.dateTime);
}

/** Ask for a webhook's fields until the box takes them; a new one's secret is shown then. */
function form(page, known) {
  const fields = page.querySelector("[data-webhook-form]").content.firstElementChild.cloneNode(true);
  const title = known ? t("Change webhook") : t("New webhook");
  const dialog = make("dialog", { "aria-label": title }, make("h2", {}, title), fields);
  const boxes = [...fields.querySelectorAll("[name=events]")];
  if (known) fill(fields, boxes, known);
  const everything = boxes.find((box) => box.value === ALL);
  const show = () => { fields.querySelector(".families").hidden = everything.checked; };
  everything.addEventListener("change", show);
  show();
  fields.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  fields.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await send(fields, boxes, known, dialog);
    } catch (error) {
      fields.querySelector(".wrong").textContent = error.fields?.[0]?.message || error.message;
    }
  });
  return shown(dialog);
}

function fill(fields, boxes, known) {
  fields.elements.url.value = known.url;
  fields.elements.description.value = known.description;
  fields.querySelector("[data-place]").hidden = true;
  const chosen = new Set(known.events.split(","));
  for (const box of boxes) box.checked = chosen.has(box.value);
  for (const family of fields.querySelectorAll("details")) family.open = family.querySelector(":checked") !== null;
}

async function send(fields, boxes, known, dialog) {
  const { url, description, project_id: place } = fields.elements;
  const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
  const events = chosen.includes(ALL) ? [ALL] : chosen;
  if (!events.length) throw new Error(t("Choose an event."));
  const given = { url: url.value.trim(), description: description.value.trim(), events };
  if (known) {
    await call("PATCH", `/api/webhooks/${known.webhook}`, given);
    dialog.close();
    return;
  }
  const made = await call("POST", "/api/webhooks", { ...given, project_id: place.value || null });
  dialog.close();
  await secret(made, t("The webhook is there"));
}

/** The secret, this once: whoever closes the dialog has copied it, or makes a new one. */
function secret(made, title) {
  const field = make("input", { id: "hook-secret", readonly: true, class: "mono", autocomplete: "off" });
  field.value = made.secret;
  const copy = make("button", { type: "button", onclick: () => attempt(async () => {
    await navigator.clipboard.writeText(made.secret);
    toast(t("Copied to the clipboard."));
  }) }, t("Copy"));
  const done = make("button", { type: "button", class: "primary", onclick: () => dialog.close() }, t("I have it"));
  const dialog = make("dialog", { "aria-label": title }, make("h2", {}, title),
    make("div", { class: "form" },
      make("p", {}, t("The receiver checks each delivery with this secret. It is shown this once; copy it now.")),
      make("div", { class: "field" }, make("label", { for: "hook-secret" }, t("Secret")), field),
      make("div", { class: "row end" }, copy, done)));
  const closed = shown(dialog);
  field.select();
  return closed;
}

async function remove(button) {
  const page = button.closest("[data-webhook]").dataset;
  const text = t("Its deliveries go with it, and what still waits is never sent. This cannot be undone.");
  if (!(await sure(t("Remove the webhook {url}?", { url: page.url }), text, t("Remove")))) return;
  await call("DELETE", `/api/webhooks/${page.webhook}`);
  location.assign("/admin/webhooks");
}

function shown(dialog) {
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => { dialog.addEventListener("close", () => { dialog.remove(); resolve(); }); });
}
