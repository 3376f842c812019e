/** The whole screen for the player; where a browser has none for elements (iPhones), the whole window. */

const IDLE = 2500; // ms without a hand on the pointer, after which the controls leave the picture; keys do not bring them back

export class Fullscreen {
  #timer = 0;

  /** `root`: the `.player`. */
  constructor(root) {
    this.root = root;
    this.button = root.querySelector("[data-do=full]");
    this.woken = () => this.#wake();
    this.changed = () => this.#changed();
    this.leaving = (event) => this.#leaving(event);
    for (const event of ["pointermove", "pointerdown", "focusin"]) root.addEventListener(event, this.woken);
    document.addEventListener("keydown", this.leaving, true);
    document.addEventListener("fullscreenchange", this.changed);
  }

  get on() {
    return document.fullscreenElement === this.root || this.root.classList.contains("whole-window");
  }

  toggle() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.root.requestFullscreen) this.root.requestFullscreen();
    else {
      this.root.classList.toggle("whole-window");
      this.#changed();
    }
  }

  end() {
    clearTimeout(this.#timer);
    document.removeEventListener("keydown", this.leaving, true);
    document.removeEventListener("fullscreenchange", this.changed);
  }

  /** The form of a note is beside the picture: M leads back there, and is pressed again once that is seen. */
  #leaving(event) {
    if (!this.on) return;
    const held = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
    const writes = event.key.toLowerCase() === "m" && !held && !event.target.matches?.("input:not([type=range])");
    if (event.key === "Escape" && !document.fullscreenElement) this.toggle();
    if (!writes) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const again = () => requestAnimationFrame(() => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "m", code: "KeyM", bubbles: true, cancelable: true })));
    if (document.fullscreenElement) document.addEventListener("fullscreenchange", again, { once: true });
    else again();
    this.toggle();
  }

  #changed() {
    this.root.classList.toggle("full", this.on);
    this.button.setAttribute("aria-pressed", String(this.on));
    this.#wake();
  }

  #wake() {
    clearTimeout(this.#timer);
    this.root.classList.remove("idle");
    if (this.on) this.#timer = setTimeout(() => this.#sleep(), IDLE);
  }

  #sleep() {
    if (this.root.querySelector(".transport:hover, details[open], input:focus")) this.#wake();
    else this.root.classList.add("idle");
  }
}
