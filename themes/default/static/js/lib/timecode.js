/**
 * SMPTE timecode: frames to labels and back, drop-frame included (SMPTE ST 12-1). Pure.
 *
 * Drop-frame leaves out labels, never frames: 00 and 01 (at 60: 00 to 03) of each minute but every tenth.
 */

/** A frame rate from "24000/1001" or "25". `nominal` is the whole number that labels count to. */
export function parseRate(text) {
  const [num, den = "1"] = String(text || "").split("/");
  const rate = { num: Number(num), den: Number(den) };
  if (!(rate.num > 0 && rate.den > 0)) return null;
  return { ...rate, fps: rate.num / rate.den, nominal: Math.round(rate.num / rate.den) };
}

/** Labels left out in a minute: only for the rates near 30 and its multiples. */
function dropped(rate, dropFrame) {
  return dropFrame && rate.nominal % 30 === 0 ? rate.nominal / 15 : 0;
}

/** Frames in 24 hours of labels. */
export function framesPerDay(rate, dropFrame = false) {
  return (rate.nominal * 600 - dropped(rate, dropFrame) * 9) * 144;
}

/** A label "HH:MM:SS:FF" (";" before the frames when drop-frame) of frame `frame`, wrapping at 24 hours. */
export function toLabel(frame, rate, dropFrame = false) {
  const drop = dropped(rate, dropFrame);
  const day = framesPerDay(rate, dropFrame);
  let count = ((frame % day) + day) % day;
  if (drop) {
    const perMinute = rate.nominal * 60 - drop;
    const perTen = rate.nominal * 600 - drop * 9;
    const tens = Math.floor(count / perTen);
    const rest = count % perTen;
    count += drop * 9 * tens;
    if (rest >= drop) count += drop * Math.floor((rest - drop) / perMinute);
  }
  const seconds = Math.floor(count / rate.nominal);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two);
  return `${parts.join(":")}${drop ? ";" : ":"}${two(count % rate.nominal)}`;
}

/** The frame number of a label; null for what is no label at this rate. `;` or `.` means drop-frame. */
export function fromLabel(label, rate) {
  const found = /^(\d{2}):(\d{2}):(\d{2})([:;.])(\d{2,3})$/.exec(label || "");
  if (!found) return null;
  const [hours, minutes, seconds, frames] = [found[1], found[2], found[3], found[5]].map(Number);
  if (hours > 23 || minutes > 59 || seconds > 59 || frames >= rate.nominal) return null;
  const drop = dropped(rate, found[4] !== ":");
  if (drop && frames < drop && seconds === 0 && minutes % 10 !== 0) return null;
  const total = hours * 60 + minutes;
  const count = (total * 60 + seconds) * rate.nominal + frames;
  return count - drop * (total - Math.floor(total / 10));
}

/** The frame shown at a media time in seconds. */
export function frameAt(seconds, rate) {
  return Math.round((seconds * rate.num) / rate.den);
}

/** The frame whose time covers a position in seconds; positions are floats, so a hair before counts as on it. */
export function frameOn(seconds, rate) {
  return Math.max(0, Math.floor((seconds * rate.num) / rate.den + 1e-4));
}

/** A time in seconds in the middle of a frame: a seek there cannot land on a neighbour. */
export function middleOf(frame, rate) {
  return ((frame + 0.5) * rate.den) / rate.num;
}

/** Seconds → "HH:MM:SS.mmm", for what has no frames. */
export function toClock(seconds) {
  const thousandths = Math.max(0, Math.round(seconds * 1000));
  const whole = Math.floor(thousandths / 1000);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60].map(two);
  return `${parts.join(":")}.${String(thousandths % 1000).padStart(3, "0")}`;
}

function two(number) {
  return String(number).padStart(2, "0");
}
