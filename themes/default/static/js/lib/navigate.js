/**
 * While files are being sent, a click on a link swaps the page's content instead of loading a new page, so
 * that the uploads go on. At all other times links are plain links.
 */

import { ApiError } from "./api.js";
import { attempt } from "./ui.js";
import { language, loadWords, t } from "./words.js";

let swap = null;
let shown = "";
let mustKeep = () => false;

/** `keep()`: whether the window must not be left now; `swapped()`: start the new content's script. */
export function watchLinks(keep, swapped) {
  mustKeep = keep;
  swap = swapped;
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button !== 0 || !mustKeep()) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || "plain" in link.dataset) return;
    event.preventDefault();
    attempt(() => go(url.href));
  });
  shown = address();
  addEventListener("popstate", () => {
    if (address() !== shown) attempt(() => load(location.href)); // not for a mere #fragment
  });
}

const address = () => location.pathname + location.search;

/** Keep the address true to what is shown, without a new entry in the history. */
export function rename(query) {
  history.replaceState(null, "", `?${query}`);
  shown = address();
}

/** Go to a page of the portal, without leaving the window when uploads run. */
export async function go(href) {
  if (!mustKeep()) {
    location.assign(href);
    return;
  }
  await load(href, () => history.pushState(null, "", href));
}

async function load(href, arrived = () => {}) {
  const answer = await fetch(href, { headers: { Accept: "text/html" } });
  const type = answer.headers.get("Content-Type") || "";
  if (!type.includes("html")) throw new ApiError(answer.status, { detail: t("There is no page there.") });
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  await speak(next);
  arrived();
  shown = address();
  document.title = next.title;
  for (const [name, value] of Object.entries(next.body.dataset)) document.body.dataset[name] = value;
  document.querySelector("meta[name=csrf-token]").content = next.querySelector("meta[name=csrf-token]").content;
  for (const selector of ["header.bar", "main"]) document.querySelector(selector)?.replaceWith(next.querySelector(selector));
  for (const dialog of document.querySelectorAll("body > template, body > dialog")) dialog.remove();
  document.body.append(...next.querySelectorAll("body > template, body > dialog"));
  document.querySelector("main").focus();
  scrollTo(0, 0);
  swap();
}

/** The words of the page that comes, where its language is another one. */
async function speak(next) {
  if (next.documentElement.lang === language()) return;
  document.documentElement.lang = next.documentElement.lang;
  await loadWords(next);
}
