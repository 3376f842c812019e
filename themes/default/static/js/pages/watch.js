/** Watch folders: asked for again while the page is looked at; a file can be tried again at once. */

import { call, fragment, quietly } from "../lib/api.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const EVERY = 3000; // milliseconds

export function start(main) {
  const page = main.querySelector("[data-watch]");
  const redraw = async () => {
    if (document.hidden || page.contains(document.activeElement)) return;
    const fresh = await fragment(page.dataset.watch);
    page.replaceChildren(...fresh.querySelector("[data-watch]").childNodes);
  };
  const timer = setInterval(() => quietly(redraw()), EVERY);
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-retry]");
    if (!button) return;
    attempt(async () => {
      await call("POST", `/api/admin/watch/${button.dataset.retry}/retry`);
      toast(t("The file is tried again at the next look."));
      button.blur();
      await redraw();
    });
  });
  return () => clearInterval(timer);
}
