/**
 * The first script of a page, alone: lets the browser paint the page as it was sent, then brings all the others.
 *
 * `<meta name="scripts">` names what the page will need, in the order in which it is wanted, with spaces between;
 * `data-app` of this script's element the one to begin with. What the reader does before they are there is done then.
 */

const PAINT_MS = 3000; // so long at most: a page that nobody sees is not painted
const PICTURE_MS = 1000; // a slow line shall not keep the page from answering
const MOST_HELD = 50; // keys, clicks and choices
const { app } = document.querySelector("script[data-app]").dataset;
const held = [];

const after = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Once something of the page is on the screen. */
function painted() {
  if (document.hidden || !globalThis.PerformanceObserver?.supportedEntryTypes.includes("paint")) return Promise.resolve();
  const seen = new Promise((resolve) => {
    const told = (list) => list.getEntriesByName("first-contentful-paint").length && resolve();
    new PerformanceObserver(told).observe({ type: "paint", buffered: true });
  });
  const left = new Promise((resolve) => { document.addEventListener("visibilitychange", resolve, { once: true }); });
  return Promise.race([seen, left, after(PAINT_MS)]);
}

/** Once the pictures that are the most of the page are on the screen, too. */
async function pictured() {
  const films = [...document.querySelectorAll("video[poster]")].map((film) => Object.assign(new Image(), { src: film.poster }));
  const all = [...document.querySelectorAll("img[fetchpriority=high]"), ...films];
  const shown = Promise.all(all.map((one) => one.decode().catch(() => {}))).then(() => new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
  }));
  await Promise.race([shown, after(PICTURE_MS)]);
}

/** Ask for all scripts at once, after what the page shows; each is run when it is wanted. */
function fetchAll() {
  const names = [...document.querySelectorAll("meta[name=scripts]")].flatMap((one) => one.content.split(" "));
  for (const href of new Set(names.filter(Boolean))) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", fetchPriority: "low", href }));
  }
}

/** What does nothing without the other scripts: shortcuts, buttons and choices of no form, forms that lead nowhere. */
function waits({ type, target, key, ctrlKey, metaKey, altKey }) {
  if (type === "change") return target.matches("select, [type=checkbox], [type=radio], [type=file]");
  if (type === "click") return target.closest("button[type=button]");
  if (type === "submit") return !target.hasAttribute("action");
  return key.length === 1 && (key !== " " || held.length > 0) && !ctrlKey && !metaKey && !altKey && !writes(target);
}

const writes = (element) => element.matches("input, textarea, select, [contenteditable]");

function hold(event) {
  if (!event.isTrusted || !waits(event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (held.length < MOST_HELD) held.push(event);
}

/** Do what was held, once and in its order. */
function release(event) {
  const { type, target, key, code, shiftKey } = event;
  const to = document.activeElement || document.body;
  if (type === "click") target.closest("button").click();
  else if (type === "change") target.dispatchEvent(new Event(type, { bubbles: true })); // what was chosen stands there
  else if (type === "submit") target.requestSubmit(event.submitter);
  else if (!to.dispatchEvent(new KeyboardEvent(type, { key, code, shiftKey, bubbles: true, cancelable: true }))) return;
  else if (to.matches("input, textarea")) document.execCommand("insertText", false, key); // as a key would: it can be undone, and is told
}

/** Nothing can be dropped yet: the pointer says so, and the browser does not leave the page for the file. */
function refuse(event) {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
}

const KINDS = { click: hold, submit: hold, keydown: hold, change: hold, dragover: refuse, drop: refuse };
for (const [kind, does] of Object.entries(KINDS)) addEventListener(kind, does, true);
new MutationObserver((_, watch) => {
  watch.disconnect();
  for (const [kind, does] of Object.entries(KINDS)) removeEventListener(kind, does, true);
  held.forEach(release);
}).observe(document.documentElement, { attributeFilter: ["data-ready"] });

await painted();
fetchAll();
await pictured();
await import(app);
