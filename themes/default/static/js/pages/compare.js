/** Two versions side by side: played, stopped and sought together; the second a while later or earlier. */

import { bind } from "../lib/keys.js";
import { Source } from "../player/source.js";
import { attempt } from "../lib/ui.js";

const STEPS = 10_000;
const DRIFT = 0.08; // seconds that the second may be off before it is set right
const NUDGE = 5; // seconds of an arrow key

export function start(main) {
  const page = main.querySelector(".compare");
  const ends = [startWipe(page)];
  const videos = [...page.querySelectorAll("video")];
  if (videos.length === 2) ends.push(startPair(page, new Pair(videos, Number(page.dataset.offset) || 0)));
  else for (const video of videos) ends.push(alone(video));
  return () => ends.forEach((end) => end());
}

/** Both films on one clock: the first one's, which also runs before it begins and after it ends. */
class Pair {
  constructor(videos, offset) {
    this.videos = videos;
    this.starts = [0, offset]; // when each begins, in seconds of the first
    this.lengths = videos.map((video) => Number(video.closest("[data-duration]").dataset.duration) || 0);
    this.from = Math.min(...this.starts);
    this.to = Math.max(...this.starts.map((begin, index) => begin + this.lengths[index]));
    this.at = Math.max(...this.starts); // where both are to be seen
    this.moving = false;
    this.seek(this.at);
  }

  seek(at) {
    this.at = Math.min(Math.max(at, this.from), this.to);
    this.videos.forEach((video, index) => { video.currentTime = this.#within(index); });
    if (this.moving) this.play();
  }

  play() {
    if (this.at >= this.to - 0.05) this.seek(this.from);
    this.moving = true;
    this.last = performance.now();
    this.videos.forEach((video, index) => { if (this.#runs(index)) quietly(video.play()); });
  }

  stop() {
    this.moving = false;
    for (const video of this.videos) video.pause();
  }

  /** Called before each drawing: whoever plays leads, the other follows. */
  tick() {
    if (!this.moving) return;
    const now = performance.now();
    const leader = this.videos.findIndex((video, index) => !video.paused && this.#runs(index));
    if (leader >= 0) this.at = this.videos[leader].currentTime + this.starts[leader];
    else this.at += (now - this.last) / 1000;
    this.last = now;
    this.videos.forEach((video, index) => { if (index !== leader) this.#follow(video, index); });
    if (this.at >= this.to - 0.02) this.stop();
  }

  #follow(video, index) {
    if (!this.#runs(index)) {
      if (!video.paused) video.pause();
      return;
    }
    if (Math.abs(video.currentTime - this.#within(index)) > DRIFT && !video.seeking) video.currentTime = this.#within(index);
    if (video.paused) quietly(video.play());
  }

  #within(index) {
    return Math.min(Math.max(this.at - this.starts[index], 0), Math.max(0, this.lengths[index] - 0.001));
  }

  #runs(index) {
    const time = this.at - this.starts[index];
    return time >= 0 && time < this.lengths[index] - 0.02;
  }
}

function startPair(page, pair) {
  const ends = pair.videos.map(alone);
  const slider = page.querySelector("[data-position]");
  const button = page.querySelector("[data-do=play]");
  const toggle = () => (pair.moving ? pair.stop() : pair.play());
  const span = pair.to - pair.from || 1;
  let frame = 0;
  const draw = () => {
    pair.tick();
    page.classList.toggle("moving", pair.moving);
    button.setAttribute("aria-label", pair.moving ? "Pause" : "Play");
    if (!slider.matches(":active")) slider.value = String(Math.round(((pair.at - pair.from) / span) * STEPS));
    page.querySelector("[data-now]").textContent = clock(pair.at - pair.from);
    frame = requestAnimationFrame(draw);
  };
  button.addEventListener("click", toggle);
  slider.addEventListener("input", () => pair.seek(pair.from + (slider.value / STEPS) * span));
  ends.push(bind({ Space: toggle, ArrowLeft: () => pair.seek(pair.at - NUDGE), ArrowRight: () => pair.seek(pair.at + NUDGE) }));
  draw();
  return () => {
    cancelAnimationFrame(frame);
    pair.stop();
    ends.forEach((end) => end());
  };
}

/** Load one film's preview; what goes wrong is said over its picture. */
function alone(video) {
  const side = video.closest("[data-version-id]");
  const source = new Source(video, side.dataset.versionId);
  const wanted = () => video.currentTime;
  video.addEventListener("loadeddata", () => video.removeAttribute("poster"), { once: true });
  source.addEventListener("broken", ({ detail }) => {
    const line = side.querySelector("[data-broken]");
    line.textContent = detail;
    line.hidden = false;
  });
  attempt(() => source.load(wanted()));
  return () => source.end();
}

/** One picture over the other, with an edge that is moved. */
function startWipe(page) {
  const button = page.querySelector("[data-do=wipe]");
  const slider = page.querySelector("[data-wipe]");
  const move = () => page.style.setProperty("--wipe", `${slider.value}%`);
  const toggle = () => {
    const on = page.classList.toggle("wiping");
    button.setAttribute("aria-pressed", String(on));
    slider.hidden = !on;
    move();
  };
  button.addEventListener("click", toggle);
  slider.addEventListener("input", move);
  return bind({ w: toggle });
}

function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(1).padStart(4, "0")}`;
}

async function quietly(playing) {
  try {
    await playing;
  } catch (error) {
    if (!["AbortError", "NotAllowedError"].includes(error.name)) throw error;
  }
}
