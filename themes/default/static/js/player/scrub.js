/** The scrub bar: the whole length, what is made, what is loaded, what is played, the loop; drag, hover, keys. */

const NS = "http://www.w3.org/2000/svg";
const STEPS = 10_000; // of the range input; the picture follows the pointer, frames are stepped by keys

export class Scrub {
  /** `root`: the `.scrub` element with an `input[type=range]` and an `output`; `seek(seconds)` is called. */
  constructor(root, clock, { seek, made }) {
    Object.assign(this, { root, clock, seek, made });
    this.input = root.querySelector("input");
    this.output = root.querySelector("output");
    this.input.max = String(STEPS);
    this.svg = root.querySelector("svg");
    this.bars = Object.fromEntries(["rail", "made", "held", "gone", "loop"].map((name) => [name, this.#bar(name)]));
    this.knob = document.createElementNS(NS, "circle");
    this.knob.setAttribute("class", "is-knob");
    this.knob.setAttribute("r", "7");
    this.knob.setAttribute("cy", "16");
    this.svg.append(this.knob);
    this.input.addEventListener("input", () => this.seek((this.input.value / STEPS) * this.clock.duration));
    root.addEventListener("pointermove", (event) => this.#hover(event));
    root.addEventListener("pointerleave", () => { this.output.hidden = true; });
  }

  #bar(name) {
    const bar = document.createElementNS(NS, "rect");
    bar.setAttribute("class", `is-${name}`);
    bar.setAttribute("y", "13");
    bar.setAttribute("height", "6");
    bar.setAttribute("rx", "3");
    this.svg.append(bar);
    return bar;
  }

  #hover(event) {
    const box = this.root.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    this.output.hidden = false;
    this.output.textContent = this.clock.at(part * this.clock.duration);
    const width = this.output.offsetWidth;
    this.output.style.left = `${Math.min(box.width - width, Math.max(0, part * box.width - width / 2))}px`;
  }

  /** Bring the bar to the video's state; `loop` is [in, out] in seconds or null. */
  draw(loop = null) {
    const { video, duration } = this.clock;
    if (!duration) return;
    const here = Math.min(1, video.currentTime / duration);
    this.#span("rail", 0, 1);
    this.#span("made", 0, Math.min(1, this.made() / duration));
    this.#span("held", ...this.#buffered(duration));
    this.#span("gone", 0, here);
    this.#span("loop", ...(loop ? loop.map((seconds) => seconds / duration) : [0, 0]));
    this.knob.setAttribute("cx", percent(here));
    if (document.activeElement !== this.input || !this.input.matches(":active")) this.input.value = String(Math.round(here * STEPS));
    this.input.setAttribute("aria-valuetext", this.clock.now);
  }

  #buffered(duration) {
    const { buffered, currentTime } = this.clock.video;
    for (let index = 0; index < buffered.length; index += 1) {
      if (buffered.start(index) <= currentTime + 0.1 && buffered.end(index) >= currentTime) {
        return [buffered.start(index) / duration, Math.min(1, buffered.end(index) / duration)];
      }
    }
    return [0, 0];
  }

  #span(name, from, to) {
    this.bars[name].setAttribute("x", percent(from));
    this.bars[name].setAttribute("width", percent(Math.max(0, to - from)));
  }
}

function percent(part) {
  return `${(part * 100).toFixed(3)}%`;
}
