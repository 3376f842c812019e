/** One's own decision on a version, with the way back: the asset page and the board share it. */

import { call } from "../lib/api.js";
import { attempt, toast } from "../lib/ui.js";
import { t } from "../lib/words.js";

/** The states of a review in words. */
export const states = () => ({ none: t("Not asked"), in_review: t("In review"), approved: t("Approved"), changes_requested: t("Changes requested") });
const said = () => ({ approved: t("Approved."), changes_requested: t("Changes requested."), pending: t("Taken back.") });

/** Decide; `before` is one's decision until now or null. `undone(found)` is called after an undo. Answers the new state. */
export async function decide(versionId, decision, note, before, undone = () => {}) {
  const put = (body) => call("PUT", `/api/versions/${versionId}/approval`, body);
  const found = await put({ decision, note });
  const back = before ? { decision: before.decision, note: before.note } : { decision: "pending" };
  toast([said()[decision], left(found)].filter(Boolean).join(" "), { action: t("Undo"), onAction: () => attempt(async () => undone(await put(back))) });
  return found;
}

/** What is still missing, in a few words: a decision alone may not be all that the rule asks. */
function left({ review, request }) {
  if (!request || review.status !== "in_review") return "";
  const step = request.steps[request.open_step - 1];
  const names = step.reviewers.filter((one) => one.state === "waiting").map((one) => one.user.display_name);
  if (names.length === 0) return "";
  return names.length > 2 ? t("{count} people still owe a decision.", { count: names.length }) : t("Still open: {names}.", { names: names.join(", ") });
}
