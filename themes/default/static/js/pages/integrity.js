/** The integrity panel of an asset: the lock as the store tells it, checks, legal holds. */

import { call } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { ask, attempt, make, sure, toast } from "../lib/ui.js";
import { moment, t } from "../lib/words.js";

const copyStates = () => ({
  good: ["ready", t("Copy is there")],
  waiting: ["queued", t("Copy is coming")],
  damaged: ["failed", t("Copy damaged")],
});

export function startIntegrity(page) {
  const panel = page.querySelector("[data-integrity]");
  if (!panel) return;
  const path = `/api/versions/${panel.dataset.integrity}`;
  const load = async () => draw(panel, await call("GET", `${path}/integrity`));
  panel.querySelector("[data-integrity-more]").addEventListener("toggle", (event) => {
    if (event.target.open) attempt(load);
  });
  const doing = {
    verify: async (button) => {
      button.disabled = true;
      try {
        const found = await call("POST", `${path}/verify`);
        toast(found.detail, { bad: found.status === "damaged" });
      } finally {
        button.disabled = false;
      }
    },
    hold: async () => {
      const reason = await ask(t("Set legal hold"), { label: t("Who asked for it, and why"), confirm: t("Set the hold"), maxlength: 500 });
      if (reason) await call("PUT", `${path}/legal-hold`, { on: true, reason });
    },
    lift: async () => {
      if (!(await sure(t("Lift legal hold"), t("The master is then locked only until its retention ends."), t("Lift")))) return;
      const reason = await ask(t("Lift legal hold"), { label: t("Why it may be lifted"), confirm: t("Lift the hold"), maxlength: 500 });
      if (reason) await call("PUT", `${path}/legal-hold`, { on: false, reason });
    },
  };
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("[data-integrity-do]");
    if (button) attempt(async () => {
      await doing[button.dataset.integrityDo](button);
      await load();
    });
  });
}

function draw(panel, state) {
  const { lock } = state;
  const said = lock.locked ? locked(lock) : t("Not locked");
  const source = lock.read_back ? t("read back from the store just now") : lock.error || t("as noted; this store tells no locks");
  panel.querySelector("[data-lock]").textContent = `${said} (${source}).`;
  const show = (name, on) => { panel.querySelector(`[data-integrity-do=${name}]`).hidden = !on; };
  show("verify", state.may_verify && !state.verifying);
  show("hold", state.may_hold && !lock.legal_hold);
  show("lift", state.may_hold && lock.legal_hold);
  const proven = panel.querySelector("[data-proven]");
  if (proven && state.verified_at) {
    proven.dateTime = state.verified_at;
    proven.textContent = ago(state.verified_at);
  }
  panel.querySelector("[data-copies]").replaceChildren(...state.copies.map((one) => make(
    "li",
    {},
    make("span", { class: "state", "data-state": copyStates()[one.state][0] }, copyStates()[one.state][1]),
    ` ${one.verified_at ? t("{store}, last proven {when}", { store: one.store, when: ago(one.verified_at) }) : one.store}${one.error ? `: ${one.error}` : ""}`,
  )));
  panel.querySelector("[data-checks]").replaceChildren(...state.checks.map((one) => make(
    "li",
    {},
    make("span", { class: "state", "data-state": one.sound ? "ready" : "failed" }, one.sound ? t("Sound") : t("Damaged")),
    ` ${moment(one.at)} ${one.by}: ${one.detail}`,
  )));
}

function locked({ legal_hold: held, retain_until: until }) {
  const day = until ? until.slice(0, 10) : "";
  if (held) return until ? t("Locked under legal hold, until {day}", { day }) : t("Locked under legal hold");
  return until ? t("Locked until {day}", { day }) : t("Locked");
}
