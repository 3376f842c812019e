/** The audit log: verify its chain now. */

import { call } from "../lib/api.js";
import { attempt } from "../lib/ui.js";
import { go } from "../lib/navigate.js";

export function start(main) {
  const chain = main.querySelector("[data-chain]");
  chain.querySelector("[data-do=verify]").addEventListener("click", (event) => attempt(async () => {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      await call("POST", "/api/audit/verify");
      go(location.href);
    } finally {
      button.disabled = false;
    }
  }));
  return () => {};
}
