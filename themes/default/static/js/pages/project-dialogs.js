/** Questions about many assets: into which folder, with which tags, which value of which field. */

import { call } from "../lib/api.js";
import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";

/** A dialog around `fields`; answers `read()` when it was confirmed, else null. */
function asked(title, confirm, fields, read, others = []) {
  const cancel = make("button", { type: "button" }, t("Cancel"));
  const yes = make("button", { class: "primary", value: "yes" }, confirm);
  const form = make("form", { method: "dialog", class: "form" }, ...fields,
    make("div", { class: "row end" }, cancel, ...others, yes));
  const dialog = make("dialog", { "aria-label": title }, make("h2", {}, title), form);
  cancel.addEventListener("click", () => dialog.close(""));
  form.addEventListener("keydown", (event) => { // Enter would press the first button, which may be another
    if (event.key !== "Enter" || !event.target.matches("input, select") || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit(yes);
  });
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.showModal();
  form.querySelector("input, select")?.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus?.();
      resolve(dialog.returnValue ? read(dialog.returnValue) : null);
    });
  });
}

function field(label, id, control) {
  control.id = id;
  return make("div", { class: "field" }, make("label", { for: id }, label), control);
}

/** One of the project's folders: `{id, name}`, id null for its top. Typing narrows the list. */
export function askFolder(page, title, without = null) {
  const links = [...page.querySelectorAll(".tree a[data-folder]")];
  const list = make("select", { size: Math.min(12, Math.max(4, links.length)), required: true });
  for (const link of links) {
    if (without && (link.dataset.folder === without || link.closest("li").parentElement.closest("li")?.querySelector(`a[data-folder="${without}"]`))) continue;
    let depth = 0;
    for (let up = link.closest("li").parentElement.closest("li"); up; up = up.parentElement.closest("li")) depth += 1;
    const name = link.dataset.folder ? link.textContent.trim() : t("The project's top");
    list.append(make("option", { value: link.dataset.folder, "data-name": name }, `${"\u2003".repeat(depth)}${name}`));
  }
  list.selectedIndex = 0;
  const narrow = make("input", { autocomplete: "off", maxlength: 200, placeholder: t("Type to find") });
  const options = [...list.options];
  narrow.addEventListener("input", () => {
    const wanted = narrow.value.trim().toLowerCase();
    list.replaceChildren(...options.filter((one) => one.dataset.name.toLowerCase().includes(wanted)));
    list.selectedIndex = 0;
  });
  narrow.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const next = list.selectedIndex + (event.key === "ArrowDown" ? 1 : -1);
    list.selectedIndex = Math.min(list.options.length - 1, Math.max(0, next));
  });
  list.addEventListener("dblclick", () => list.form.requestSubmit());
  const read = () => {
    const option = list.selectedOptions[0];
    return option ? { id: option.value || null, name: option.dataset.name } : null;
  };
  return asked(title, t("Move"), [field(t("Find a folder"), "folder-narrow", narrow), field(t("Folder"), "folder-list", list)], read);
}

/** Tags to add or take off: a body of the bulk call, without its assets. */
export async function askTags(projectId) {
  const known = await call("GET", `/api/projects/${projectId}/tags?limit=200`);
  const input = make("input", { required: true, maxlength: 500, list: "known-tags", autocomplete: "off", placeholder: t("night, day 12") });
  const options = make("datalist", { id: "known-tags" }, ...known.items.map((one) => make("option", { value: one.name })));
  const off = make("button", { value: "untag" }, t("Take off"));
  const read = (value) => {
    const tags = input.value.split(",").map((tag) => tag.trim()).filter(Boolean);
    return tags.length ? { action: value === "untag" ? "untag" : "tag", tags } : null;
  };
  return asked(t("Tags"), t("Add"), [field(t("Tags, with commas between"), "tags-asked", input), options], read, [off]);
}

/** A field and its value: `{field, value}`; an empty value takes it off. */
export async function askField(projectId, page) {
  const { items } = await call("GET", `/api/projects/${projectId}/fields`);
  const which = make("select", {}, ...items.map((one) => make("option", { value: one.key }, one.name)));
  const place = make("div", { class: "field" });
  let control = null;
  const draw = () => {
    const chosen = items.find((one) => one.key === which.value);
    control = controlOf(chosen, members(page));
    place.replaceChildren(make("label", { for: "value-asked" }, t("Value")), control.element);
    control.element.id = "value-asked";
  };
  which.addEventListener("change", draw);
  draw();
  const read = () => ({ field: which.value, value: control.read() });
  return asked(t("Set a field"), t("Set"), [field(t("Field"), "field-asked", which), place], read);
}

const members = (page) => [...page.querySelectorAll("[name=person] option")].filter((one) => one.value).map((one) => [one.value, one.textContent]);

/** The control for a field of some type: `{element, read, write}`. */
export function controlOf({ type, options }, people) {
  if (type === "choice" || type === "person" || type === "checkbox") {
    const pairs = { choice: () => options.map((one) => [one, one]), person: () => people, checkbox: () => [["true", t("Yes")], ["false", t("No")]] }[type]();
    const element = make("select", {}, make("option", { value: "" }, "–"), ...pairs.map(([value, word]) => make("option", { value }, word)));
    const read = () => (element.value === "" ? null : type === "checkbox" ? element.value === "true" : element.value);
    return { element, read, write: (value) => { element.value = value === null || value === undefined ? "" : String(value); } };
  }
  if (type === "choices") {
    const element = make("select", { multiple: true, size: Math.min(8, options.length) }, ...options.map((one) => make("option", { value: one }, one)));
    const read = () => (element.selectedOptions.length ? [...element.selectedOptions].map((one) => one.value) : null);
    return { element, read, write: (value) => { for (const one of element.options) one.selected = (value || []).includes(one.value); } };
  }
  const kind = { number: "number", date: "date", url: "url" }[type] || "text";
  const element = make("input", { type: kind, maxlength: type === "text" || type === "url" ? 2000 : null, step: type === "number" ? "any" : null, autocomplete: "off" });
  const read = () => (element.value.trim() === "" ? null : type === "number" ? Number(element.value) : element.value.trim());
  return { element, read, write: (value) => { element.value = value ?? ""; } };
}
