/** Jobs: the list is asked for again while the page is looked at; retry and cancel. */

import { call, fragment, quietly } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { attempt, toast } from "../lib/ui.js";

const EVERY = 2000; // milliseconds

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
    attempt(async () => {
      await call("POST", `/api/admin/jobs/${button.dataset.job}/${button.dataset.jobAction}`);
      toast(button.dataset.jobAction === "retry" ? "The job starts again." : "The job stops.");
      button.blur();
      await redraw();
    });
  };
  frame.addEventListener("click", onClick);
  return () => clearInterval(timer);
}
