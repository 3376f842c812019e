/** The list of notes by keyboard: arrows from note to note, Enter goes to its frame, R answers, E edits, X resolves. */

const ACTS = { r: "reply", e: "edit", x: "resolve", Delete: "remove" };

/** `list`: the element of the notes; `act(name, id)` as on a button, and "go". */
export function startKeys(list, act) {
  list.addEventListener("keydown", (event) => {
    const item = event.target.closest(".note");
    if (!item || event.target.closest("textarea, input, select, [role=listbox], details[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (moved(list, item, event.key)) act("go", document.activeElement.dataset.noteId);
    else if (event.key === "Enter" && event.target === item) act("go", item.dataset.noteId);
    else if (event.key === "Escape") item.blur();
    else if (!press(item, ACTS[event.key])) return;
    event.preventDefault();
  });
}

/** Into the list from anywhere: the note that was there last, else the first. */
export function enterList(list) {
  const item = list.querySelector(".note[tabindex='0']") ?? list.querySelector(".note");
  if (!item) return false;
  focus(list, item);
  return undefined;
}

/** One note of the list is reached by Tab: the one that had the focus last. */
export function focus(list, item) {
  for (const one of list.querySelectorAll(".note[tabindex='0']")) one.tabIndex = -1;
  item.tabIndex = 0;
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

function moved(list, item, key) {
  const items = [...list.querySelectorAll(":scope > .note")];
  const to = { ArrowDown: items.indexOf(item) + 1, ArrowUp: items.indexOf(item) - 1, Home: 0, End: items.length - 1 }[key];
  if (to === undefined) return false;
  focus(list, items[Math.max(0, Math.min(items.length - 1, to))]);
  return true;
}

function press(item, name) {
  const button = name && item.querySelector(`:scope > .note-actions [data-act=${name}]`);
  button?.click();
  return Boolean(button);
}
