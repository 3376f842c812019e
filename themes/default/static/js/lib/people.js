/** What roles and states of accounts are called; a role of a plugin is called what the plugin calls it. */

import { t } from "./words.js";

export function roleName(role) {
  const names = { owner: t("owner"), editor: t("editor"), reviewer: t("reviewer"), viewer: t("viewer"), admin: t("admin"), org_admin: t("organisation admin"), member: t("member") };
  return names[role] ?? role;
}

export function accountState(status) {
  return { active: t("active"), pending: t("pending"), disabled: t("disabled") }[status] ?? status;
}
