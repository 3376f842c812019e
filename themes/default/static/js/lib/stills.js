/** Stills of notes, which take the box a moment each: two at a time, patient with a box that is busy. */

import { root } from "./api.js";

const AT_ONCE = 2;
const TRIES = 5;

/**
 * Fetch the pictures at `paths`; `each(blob or null, index, done)` for every one as it comes. Answers how many
 * there were.
 */
export async function pictures(paths, { signal, each = () => {} }) {
  let next = 0;
  let done = 0;
  let found = 0;
  async function work() {
    while (next < paths.length && !signal.aborted) {
      const index = next++;
      const blob = await picture(paths[index], signal);
      if (signal.aborted) return;
      done += 1;
      found += blob ? 1 : 0;
      await each(blob, index, done);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

async function picture(path, signal) {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      const answer = await fetch(root() + path, { signal });
      if (answer.ok) return await answer.blob();
      if (answer.status !== 429) return null;
      await new Promise((resolve) => setTimeout(resolve, 1000 * (Number(answer.headers.get("Retry-After")) || 1)));
    } catch {
      return null;
    }
  }
  return null;
}
