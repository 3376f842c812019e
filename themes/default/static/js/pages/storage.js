/** Storage: asked for again while the page is looked at; the locks are proven at a button. */

import { call, fragment, quietly } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const EVERY = 5000; // milliseconds

export function start(main) {
  const page = main.querySelector("[data-storage]");
  let proving = false;
  const redraw = async () => {
    if (document.hidden || proving || page.contains(document.activeElement)) return;
    const fresh = await fragment(page.dataset.storage);
    page.replaceChildren(...fresh.querySelector("[data-storage]").childNodes);
    for (const time of page.querySelectorAll("time[data-ago]")) time.textContent = ago(time.dateTime);
  };
  const timer = setInterval(() => quietly(redraw()), EVERY);
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do=prove]");
    if (!button) return;
    attempt(async () => {
      proving = true;
      button.disabled = true;
      try {
        const { items } = await call("POST", "/api/admin/storage/prove");
        const told = items.map((one) => `${one.store || t("Masters")}: ${one.state}`).join(", ");
        toast(told, { bad: items.some((one) => one.severity === "error") });
      } finally {
        proving = false;
        button.disabled = false;
        button.blur();
      }
      await redraw();
    });
  });
  return () => clearInterval(timer);
}
