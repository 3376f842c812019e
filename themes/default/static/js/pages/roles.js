/** Roles: made by copying, their actions ticked, renamed; deleted with a role that replaces them. */

import { call, fragment } from "../lib/api.js";
import { attempt, make, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

export function start(main) {
  const page = () => main.querySelector(".roles-page");
  const redraw = async () => page().replaceWith((await fragment(location.href)).querySelector(".roles-page"));
  const actions = {
    newRole: () => form(page(), t("New role"), "", "", create),
    copyRole: (row) => form(page(), t("New role"), t("{name} copy", row), row.actions, create),
    editRole: (row) => form(page(), t("Change role"), row.name, row.actions, (given) => call("PATCH", `/api/roles/${row.roleId}`, given)),
    deleteRole: (row) => remove(page(), row, redraw),
  };
  main.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const name = button && Object.keys(actions).find((one) => one in button.dataset);
    if (name) attempt(async () => { await actions[name](button.closest("tr")?.dataset); await redraw(); });
  });
}

function create(given) {
  return call("POST", "/api/roles", given);
}

/** Ask for name and actions until the box takes them. */
function form(page, title, name, actions, send) {
  const fields = page.querySelector("[data-role-form]").content.firstElementChild.cloneNode(true);
  const dialog = make("dialog", { "aria-label": title }, make("h2", {}, title), fields);
  const chosen = new Set(actions.split(" "));
  const boxes = [...fields.querySelectorAll("[name=actions]:not(:disabled)")];
  for (const box of boxes) box.checked = chosen.has(box.value);
  fields.elements.name.value = name;
  fields.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  fields.addEventListener("submit", async (event) => {
    event.preventDefault();
    const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
    try {
      await send({ name: fields.elements.name.value.trim(), actions: ticked });
      dialog.close();
    } catch (error) {
      fields.querySelector(".wrong").textContent = error.fields?.[0]?.message || error.message;
    }
  });
  const closed = shown(dialog);
  fields.elements.name.select();
  return closed;
}

/** Nobody holds it: gone, and back by undo. Somebody does: which role they get is asked first. */
async function remove(page, row, redraw) {
  if (Number(row.held)) return replace(page, row);
  await call("DELETE", `/api/roles/${row.roleId}`);
  const again = { name: row.name, actions: row.actions.split(" ") };
  const undo = () => attempt(async () => { await create(again); await redraw(); });
  toast(t("“{name}” is deleted.", row), { action: t("Undo"), onAction: undo });
}

function replace(page, row) {
  const others = [...page.querySelectorAll("tr[data-key]")].map((one) => one.dataset).filter(({ key }) => ![row.key, "owner"].includes(key));
  const select = make("select", { id: "role-instead" }, ...others.map(({ key, name }) => make("option", { value: key }, name)));
  select.value = "viewer";
  const cancel = make("button", { type: "button", onclick: () => dialog.close() }, t("Cancel"));
  const fields = make("form", { class: "form" },
    make("p", {}, t("{count} person or invitation gets another role.|{count} people and invitations get another role.", {}, Number(row.held))),
    make("div", { class: "field" }, make("label", { for: "role-instead" }, t("Role instead")), select),
    make("div", { class: "row end" }, cancel, make("button", { class: "primary" }, t("Delete role"))));
  const title = t("Delete “{name}”", row);
  const dialog = make("dialog", { "aria-label": title }, make("h2", {}, title), fields);
  fields.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      await call("DELETE", `/api/roles/${row.roleId}?replacement=${encodeURIComponent(select.value)}`);
      dialog.close();
    });
  });
  return shown(dialog);
}

function shown(dialog) {
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => { dialog.addEventListener("close", () => { dialog.remove(); resolve(); }); });
}
