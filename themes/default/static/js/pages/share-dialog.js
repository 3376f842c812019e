/** The dialog that makes or changes a share link; the address is shown once, to be copied. */

import { call } from "../lib/api.js";
import { attempt, make, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { lookOf } from "./share-look.js";

const DAY = 86_400_000;
const ends = () => [["7", t("In a week")], ["1", t("Tomorrow")], ["30", t("In a month")], ["365", t("In a year")], ["", t("Never")]];
const downloads = () => [["none", t("No downloads")], ["preview", t("A copy to watch")], ["original", t("The original")]];

/**
 * `target`: {asset_ids}, {folder_id}, {collection_id} or {project_id}, and `title` as a first proposal. Answers the link
 * made, or null.
 */
export function openShare({ title = "", ...target }) {
  const kind = target.asset_ids ? "assets" : "live";
  return openForm(t("Share by link"), { kind, title, allow_comments: true, allow_download: "none" }, async (given, look) => {
    const made = await call("POST", "/api/shares", { ...target, ...given });
    await look.send(`/api/shares/${made.id}`);
    showAddress(made);
    return made;
  });
}

/** Change a link that is there. */
export function changeShare(share) {
  return openForm(t("Change the link"), share, async (given, look) => {
    const changed = await call("PATCH", `/api/shares/${share.id}`, given);
    await look.send(`/api/shares/${share.id}`);
    return changed;
  });
}

/** The address of a link that was just made or renewed: this once, to copy. */
export function showAddress(share) {
  const input = make("input", { readonly: true, value: share.url, "aria-label": t("Address of the link"), "data-share-url": true });
  const copy = async () => {
    await navigator.clipboard.writeText(share.url);
    toast(t("Copied to the clipboard."));
  };
  const dialog = make("dialog", { class: "share-made", "aria-label": t("The link is ready") },
    make("h2", {}, t("The link is ready")),
    make("p", { class: "muted" }, t("Copy it now: it is not stored and cannot be shown again. A lost one is replaced by a new address.")),
    make("div", { class: "share-address" }, input, make("button", { type: "button", class: "primary", onclick: () => attempt(copy) }, t("Copy"))),
    make("form", { method: "dialog", class: "row end" }, make("button", {}, t("Done"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  input.select();
  copy().catch(() => {}); // where the browser lets no page write there by itself, the button does
}

function openForm(heading, share, send) {
  const isNew = !share.id;
  const fields = {
    title: make("input", { id: "share-title", maxlength: 200, autocomplete: "off" }),
    studio: make("input", { id: "share-studio", maxlength: 120, autocomplete: "organization" }),
    end: choice("share-end", isNew ? ends() : [["keep", t("As it is")], ...ends()]),
    password: make("input", { id: "share-password", type: "text", minlength: 4, maxlength: 1024, autocomplete: "off", spellcheck: "false", placeholder: share.has_password ? t("Unchanged") : t("None") }),
    views: make("input", { id: "share-views", type: "number", min: 1, max: 1_000_000, placeholder: t("Any number") }),
    download: choice("share-download", downloads()),
    watermark: make("input", { id: "share-watermark", maxlength: 120, autocomplete: "off", placeholder: "{name} · {date}" }),
    comments: make("input", { type: "checkbox" }),
    versions: make("input", { type: "checkbox" }),
    decide: make("input", { type: "checkbox" }),
    required: make("input", { type: "checkbox" }),
    noPassword: share.has_password ? make("input", { type: "checkbox" }) : null,
  };
  fields.title.value = share.title || "";
  fields.studio.value = share.studio || recalled();
  fields.views.value = share.max_views || "";
  fields.download.value = share.allow_download;
  fields.watermark.value = share.watermark || "";
  fields.watermark.addEventListener("input", () => { if (fields.watermark.value) fields.download.value = "none"; });
  fields.comments.checked = share.allow_comments;
  fields.versions.checked = Boolean(share.all_versions);
  fields.decide.checked = Boolean(share.allow_decide);
  fields.required.checked = Boolean(share.decision_required);
  const mayRequire = share.kind === "assets"; // of what comes and goes nobody knows who is waited for
  const required = tick(fields.required, t("Nothing is approved without them"));
  const decided = () => { required.hidden = !mayRequire || !fields.decide.checked; if (required.hidden) fields.required.checked = false; };
  fields.decide.addEventListener("change", decided);
  decided();
  const look = lookOf(share, `/api/shares/${share.id}`);
  fields.look = look;
  const wrong = make("p", { class: "notice bad", role: "alert", hidden: true });
  const save = make("button", { class: "primary" }, isNew ? t("Make the link") : t("Save"));
  const form = make("form", { class: "form" },
    field(t("Title"), t("What guests read above it"), fields.title),
    field(t("Studio"), t("The name on the page"), fields.studio),
    make("div", { class: "share-two" },
      field(t("Ends"), "", fields.end), field(t("Views"), t("How many people may open it"), fields.views)),
    field(t("Password"), t("Guests are asked for it first"), fields.password),
    fields.noPassword && tick(fields.noPassword, t("Without a password from now on")),
    field(t("Downloads"), "", fields.download),
    field(t("Watermark"), t("Burnt into the picture for each guest: {name}, {date}, {share}. Nothing can be downloaded then."), fields.watermark),
    tick(fields.comments, t("Guests may write notes")),
    tick(fields.decide, t("Guests may approve or request changes")),
    required,
    tick(fields.versions, t("Show earlier versions, too")),
    look.element,
    wrong,
    make("div", { class: "row end" }, make("button", { type: "button", onclick: () => dialog.close() }, t("Cancel")), save));
  for (const child of [...form.childNodes]) if (child.nodeType === Node.TEXT_NODE) child.remove(); // what `null` left
  const dialog = make("dialog", { class: "share-form", "aria-label": heading }, make("h2", {}, heading), form);
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.showModal();
  fields.title.select();
  return new Promise((resolve) => {
    let answer = null;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      save.disabled = true;
      wrong.hidden = true;
      try {
        answer = await send(read(fields), look);
        keep(fields.studio.value);
        dialog.close();
      } catch (error) {
        wrong.textContent = error.message;
        wrong.hidden = false;
      } finally {
        save.disabled = false;
      }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus?.();
      resolve(answer);
    });
  });
}

/** What the form says; an end that stays and a password that is not typed are left out. */
function read(fields) {
  const given = {
    title: fields.title.value.trim(),
    studio: fields.studio.value.trim(),
    max_views: Number(fields.views.value) || null,
    allow_download: fields.download.value,
    watermark: fields.watermark.value.trim() || null,
    allow_comments: fields.comments.checked,
    all_versions: fields.versions.checked,
    allow_decide: fields.decide.checked,
    decision_required: fields.required.checked,
    accent: fields.look.accent(),
  };
  if (fields.end.value !== "keep") given.expires_at = fields.end.value ? new Date(Date.now() + Number(fields.end.value) * DAY).toISOString() : null;
  if (fields.password.value) given.password = fields.password.value;
  else if (fields.noPassword?.checked) given.password = null;
  return given;
}

function choice(id, options) {
  return make("select", { id }, ...options.map(([value, words]) => make("option", { value }, words)));
}

function field(label, hint, input) {
  return make("div", { class: "field" }, make("label", { for: input.id }, label), hint ? make("span", { class: "hint" }, hint) : "", input);
}

function tick(input, words) {
  return make("label", { class: "tick" }, input, words);
}

const STUDIO = "mam-studio"; // the last name given, for the next link made in this browser

function recalled() {
  return localStorage.getItem(STUDIO) || "";
}

function keep(name) {
  localStorage.setItem(STUDIO, name.trim());
}

/** A button that opens the dialog: what it shares is in its data. */
export function shareFrom(button) {
  const { share, shareIds, shareTitle } = button.dataset;
  const target = share === "assets" ? { asset_ids: shareIds.split(/[ ,]+/) } : { [`${share}_id`]: shareIds };
  return openShare({ ...target, title: shareTitle || "" });
}
