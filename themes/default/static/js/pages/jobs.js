/** Jobs: the list is asked for again while the page is looked at; retry, cancel, sooner or later. */

import { call, fragment, quietly } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

const EVERY = 2000; // milliseconds
const said = () => ({ retry: t("The job starts again."), cancel: t("The job stops.") });

export function start(main) {
  const frame = main.querySelector("[data-jobs]");
  const redraw = async () => {
    if (document.hidden || frame.contains(document.activeElement)) return;
    const fresh = await fragment(frame.dataset.jobs);
    frame.replaceChildren(...fresh.querySelector("[data-jobs]").childNodes);
    for (const time of frame.querySelectorAll("time[data-ago]")) time.textContent = ago(time.dateTime);
  };
  const timer = setInterval(() => quietly(redraw()), EVERY);
  const onClick = (event) => {
    const button = event.target.closest("[data-job-action]");
    if (!button) return;
    const { job, jobAction, priority } = button.dataset;
    attempt(async () => {
      await call("POST", `/api/admin/jobs/${job}/${jobAction}`, priority ? { priority: Number(priority) } : undefined);
      toast(said()[jobAction] ?? (priority > 0 ? t("The job goes first now.") : t("The job waits for the others.")));
      button.blur();
      await redraw();
    });
  };
  frame.addEventListener("click", onClick);
  main.querySelector("[data-submit]")?.addEventListener("change", (event) => event.target.form.requestSubmit());
  return () => clearInterval(timer);
}
