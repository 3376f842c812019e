/** Home: make a project, find one while typing, move through the rows with the arrows. */

import { call, fragment } from "../lib/api.js";
import { drawAll, showPictures } from "../lib/blurhash.js";
import { ago } from "../lib/format.js";
import { rove } from "../lib/grid.js";
import { go, rename } from "../lib/navigate.js";
import { ask, attempt } from "../lib/ui.js";
import { date, t } from "../lib/words.js";

const TYPING_PAUSE = 200; // milliseconds

export function start(main) {
  const ends = [startSearch(main), walk(main)];
  const waiting = main.querySelector(".waiting-list");
  if (waiting) ends.push(rove(waiting, "a"));
  for (const time of main.querySelectorAll("time[data-when]")) time.textContent = date(time.dateTime, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  for (const form of main.querySelectorAll("form[data-new-project]")) form.addEventListener("submit", create);
  return () => ends.forEach((end) => end());
}

/** The arrows over the rows that are there now. */
function walk(main) {
  let end = () => {};
  const again = () => {
    end();
    const list = main.querySelector(".projects");
    end = list ? rove(list, "h2 a") : () => {};
  };
  main.addEventListener("found", again);
  again();
  return () => end();
}

async function create(event) {
  event.preventDefault();
  const name = await ask(t("New project"), { label: t("Name"), confirm: t("Create project") });
  if (!name) return;
  const project = await attempt(() => call("POST", "/api/projects", { name }));
  if (project) go(`/projects/${project.id}`);
}

/** The search is a plain form; here it answers while typing and keeps the address true. */
function startSearch(main) {
  const form = main.querySelector("form[data-find]");
  if (!form) return () => {};
  let timer = 0;
  let running = null;
  const find = () => attempt(async () => {
    clearTimeout(timer);
    running?.abort();
    running = new AbortController();
    const wanted = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    rename(wanted);
    const piece = (await fragment(`/?${wanted}`, { signal: running.signal })).querySelector("[data-found]");
    const found = main.querySelector("[data-found]");
    found.replaceChildren(...piece.childNodes);
    for (const time of found.querySelectorAll("time[data-ago]")) time.textContent = ago(time.dateTime);
    drawAll(found);
    showPictures(found);
    main.dispatchEvent(new Event("found"));
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); find(); });
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, TYPING_PAUSE); });
  return () => { clearTimeout(timer); running?.abort(); };
}
