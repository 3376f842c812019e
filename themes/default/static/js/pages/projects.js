/** Home: make a project, narrow the list while typing, move through the rows with the arrows. */

import { call } from "../lib/api.js";
import { rove } from "../lib/grid.js";
import { go } from "../lib/navigate.js";
import { ask, attempt } from "../lib/ui.js";

export function start(main) {
  const list = main.querySelector(".projects");
  const ends = list ? [rove(list, "h2 a")] : [];
  for (const form of main.querySelectorAll("form[data-new-project]")) form.addEventListener("submit", create);
  const search = main.querySelector("[data-search]");
  search?.addEventListener("input", () => narrow(main, search.value));
  return () => ends.forEach((end) => end());
}

async function create(event) {
  event.preventDefault();
  const name = await ask("New project", { label: "Name", confirm: "Create project" });
  if (!name) return;
  const project = await attempt(() => call("POST", "/api/projects", { name }));
  if (project) go(`/projects/${project.id}`);
}

function narrow(main, text) {
  const wanted = text.trim().toLowerCase();
  let shown = 0;
  for (const row of main.querySelectorAll(".project-row")) {
    row.hidden = !row.querySelector("h2").textContent.toLowerCase().includes(wanted);
    shown += row.hidden ? 0 : 1;
  }
  main.querySelector("[data-none]").hidden = shown > 0;
}
