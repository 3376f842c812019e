/** People: each change goes out as it is made, and says so. */

import { call } from "../lib/api.js";
import { accountState, roleName } from "../lib/people.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

export function start(main) {
  main.addEventListener("click", (event) => {
    const button = event.target.closest("[data-status]");
    if (button) attempt(() => change(button.closest("tr"), { status: button.dataset.status }));
  });
  main.addEventListener("change", (event) => {
    const select = event.target.closest("select[name=role]");
    if (select) attempt(() => change(select.closest("tr"), { roles: [...new Set([select.value, "member"])] }));
  });
}

async function change(row, body) {
  const user = await call("PATCH", `/api/admin/users/${row.dataset.userId}`, body);
  const state = row.querySelector(".state");
  state.dataset.state = user.status;
  state.textContent = accountState(user.status);
  for (const button of row.querySelectorAll("[data-status]")) {
    button.hidden = (button.dataset.status === "active") === (user.status === "active");
    if (button.dataset.status === "active") button.textContent = user.status === "pending" ? t("Activate") : t("Enable");
  }
  toast(`${user.display_name}: ${body.status ? accountState(user.status) : roleName(user.roles[0])}.`);
}
