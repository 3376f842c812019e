/** What somebody types to go to a frame: a timecode, a frame, seconds, or so many on or back. Pure. */

import { frameOn, framesPerDay, fromLabel } from "../lib/timecode.js";

const SHIFT = /^([+-])\s*(\d+)$/;
const FRAMES = /^(\d+)\s*f$/i;
const SECONDS = /^(\d+(?:[.,]\d+)?)\s*s$/i;
const PLAIN = /^\d+([.,]\d+)?$/;

/**
 * The frame (from 0) that a text names, or null. `clock`: {rate, start, dropFrame, counting, frame, frames, label}, `label`
 * being the timecode on screen.
 *
 * "+12" and "-12" are frames from here, "100f" is a frame, "2.5s" a second. Anything else is read in the counting
 * that was chosen. A timecode is the source's; its digits may come without signs, and short ones are filled up from
 * the right, as edit suites do: "1210" is 12 seconds and 10 frames of the hour and minute on screen.
 */
export function parseTyped(text, clock) {
  const typed = text.trim();
  const shift = SHIFT.exec(typed);
  if (shift) return clock.frame + Number(`${shift[1]}${shift[2]}`);
  const frames = FRAMES.exec(typed) || (clock.counting === "frames" && PLAIN.exec(typed) && ["", typed]);
  if (frames) return Math.floor(Number(frames[1]));
  const seconds = SECONDS.exec(typed) || (clock.counting === "seconds" && PLAIN.exec(typed) && ["", typed]);
  if (seconds) return frameOn(Number(seconds[1].replace(",", ".")), clock.rate);
  if (clock.counting === "seconds" && /^\d\d:\d\d:\d\d\.\d{1,3}$/.test(typed)) return fromClock(typed, clock.rate);
  return fromTimecode(typed, clock);
}

function fromClock(text, rate) {
  const [hours, minutes, seconds] = text.split(":").map(Number);
  return frameOn(hours * 3600 + minutes * 60 + seconds, rate);
}

function fromTimecode(text, { rate, start, dropFrame, frames, label }) {
  const wanted = whole(text, label, dropFrame);
  const found = wanted === null ? null : fromLabel(wanted, rate);
  if (found === null) return null;
  const wrapped = found - start + framesPerDay(rate, dropFrame); // a clip that runs past midnight
  return found < start && wrapped < frames ? wrapped : found - start;
}

/** "HH:MM:SS:FF" out of fewer parts or bare digits; what is missing on the left comes from the label on screen. */
function whole(text, label, dropFrame) {
  if (!/^[\d:;.]+$/.test(text)) return null;
  const parts = /\D/.test(text) ? text.split(/\D/) : (text.length % 2 ? `0${text}` : text).match(/\d\d/g);
  if (parts.length > 4 || parts.some((part) => part.length === 0)) return null;
  const given = [...label.split(/\D/).slice(0, 4 - parts.length), ...parts].map((part) => part.padStart(2, "0"));
  return `${given.slice(0, 3).join(":")}${dropFrame ? ";" : ":"}${given[3]}`;
}
