/** Unsent text, kept in this browser until it is sent: a reload loses nothing. */

const PREFIX = "mam-note-";

/** What was kept under a name, or null. */
export function recall(name) {
  try {
    const kept = JSON.parse(localStorage.getItem(PREFIX + name) || "null");
    return kept && typeof kept.body === "string" ? kept : null;
  } catch (error) {
    if (error instanceof DOMException || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Keep `{body, …}` under a name; an empty body forgets it. */
export function keep(name, draft) {
  try {
    if (draft?.body) localStorage.setItem(PREFIX + name, JSON.stringify(draft));
    else localStorage.removeItem(PREFIX + name);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // storage switched off or full: kept on the page only
  }
}
