/** Keyboard: one listener, shortcuts registered by the page; nothing fires while somebody types. */

const bound = new Map();
let prefix = "";
let prefixTimer = 0;

/** Whether the key belongs to a field, a dialog or an open menu. */
function typing(event) {
  const target = event.target;
  if (document.querySelector("dialog[open]")) return true;
  if (target.closest?.("details.menu[open] .menu-list")) return true;
  if (target.matches?.("textarea, select, [contenteditable]")) return true;
  return target.matches?.("input:not([type=range]):not([type=checkbox])") ?? false;
}

function name(event) {
  const held = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.metaKey && "Meta"].filter(Boolean);
  // with Alt some keyboards write another sign: there the key's own letter counts
  const written = event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code.at(-1) : event.key;
  const key = written.length === 1 ? written.toLowerCase() : written;
  if (event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key))) held.push("Shift");
  return [...held, key === " " ? "Space" : key].join("+");
}

/** Register `keys` ("l", "Shift+ArrowLeft", "g p", "?"); answers a function that takes them back. */
export function bind(keys) {
  for (const [key, action] of Object.entries(keys)) bound.set(key, action);
  return () => {
    for (const [key, action] of Object.entries(keys)) if (bound.get(key) === action) bound.delete(key);
  };
}

export function watchKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || typing(event)) return;
    const pressed = name(event);
    const action = (prefix && bound.get(`${prefix} ${pressed}`)) || bound.get(pressed);
    clearTimeout(prefixTimer);
    prefix = pressed === "g" && !prefix ? "g" : "";
    if (prefix) prefixTimer = setTimeout(() => { prefix = ""; }, 1200);
    // Space and Enter on a button press that button; the page's own meaning waits.
    if (["Space", "Enter"].includes(pressed) && event.target.closest?.("button, a, summary, [role=button]")) return;
    if (action && action(event) !== false) event.preventDefault();
  });
}
