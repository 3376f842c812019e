/** Toasts, questions, menus: the small things every page uses. */

import { t } from "./words.js";

const TOAST_SECONDS = 8;

/** An icon of the theme's sprite. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

/** An element with text and attributes; text is never markup. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Say something at the foot of the window; `undo` adds a button. Errors stay until closed. */
export function toast(text, { bad = false, action = "", onAction = null } = {}) {
  const box = make("div", { class: bad ? "toast bad" : "toast", role: bad ? "alert" : "status" });
  const close = () => box.remove();
  box.append(make("p", {}, text));
  if (action) box.append(make("button", { type: "button", onclick: () => { close(); onAction(); } }, action));
  box.append(make("button", { type: "button", class: "icon-only", "aria-label": t("Close"), onclick: close }, icon("close")));
  document.querySelector(".toasts").append(box);
  if (!bad) setTimeout(close, TOAST_SECONDS * 1000);
  return close;
}

/** Run something that may fail and say so; answers its value, or undefined. */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name !== "AbortError") toast(error.message, { bad: true });
    return undefined;
  }
}

/** Ask for one line of text in a dialog; answers it (an empty one only where that is `optional`), or null. */
export function ask(title, { label, value = "", confirm = t("Save"), maxlength = 200, optional = false }) {
  const input = make("input", { id: "asked", required: !optional, maxlength, autocomplete: "off" });
  input.value = value;
  const form = make(
    "form",
    { method: "dialog", class: "form" },
    make("div", { class: "field" }, make("label", { for: "asked" }, label), input),
    make(
      "div",
      { class: "row end" },
      make("button", { type: "button", onclick: () => dialog.close("") }, t("Cancel")),
      make("button", { class: "primary", value: "yes" }, confirm),
    ),
  );
  const dialog = make("dialog", { "aria-label": title }, make("h2", {}, title), form);
  return shown(dialog, () => (dialog.returnValue === "yes" ? input.value.trim() || (optional ? "" : null) : null), () => input.select());
}

/** Ask before a loss that cannot be undone, by name; answers true or false. */
export function sure(title, text, confirm) {
  const dialog = make(
    "dialog",
    { "aria-label": title },
    make("h2", {}, title),
    make("form", { method: "dialog", class: "form" }, make("p", {}, text),
      make("div", { class: "row end" }, make("button", { value: "" }, t("Cancel")), make("button", { class: "danger", value: "yes" }, confirm))),
  );
  return shown(dialog, () => dialog.returnValue === "yes");
}

function shown(dialog, answer, opened = () => {}) {
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.showModal();
  opened();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus?.();
      resolve(answer());
    });
  });
}

/** What opened by itself while nothing has the focus: Esc is for that. */
function opened(event) {
  return event.key === "Escape" && event.target === document.body && document.querySelector("details.menu[open]");
}

/** Close open menus when the reader goes elsewhere; Esc closes and returns to the menu's button. */
export function watchMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      const inside = menu.contains(event.target);
      if (!inside || event.target.closest(".menu-list button:not([data-keep]), .menu-list a")) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details.menu[open]") ?? opened(event);
    if (!menu) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      event.stopPropagation();
      const items = [...menu.querySelectorAll(".menu-list button, .menu-list a")].filter((one) => !one.hidden);
      const step = event.key === "ArrowDown" ? 1 : -1;
      items.at((items.indexOf(document.activeElement) + step) % items.length)?.focus();
    }
  }, true);
}
