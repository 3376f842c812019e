/** Pictures and documents: pages turned by button, key or address; larger and smaller; guides; what notes stand at. */

import { root } from "../lib/api.js";
import { bind } from "../lib/keys.js";
import { t } from "../lib/words.js";
import { StageApi, announce } from "../player/api.js";
import { Fullscreen } from "../player/fullscreen.js";
import { Guides } from "../player/guides.js";
import { Picture } from "../player/picture.js";
import { Zoom } from "../player/zoom.js";

const WIDTHS = [1280, 1920, 3840];
const AGAIN_MS = 2000;
const AGAIN_TIMES = 60;
const STRIDE = 0.2; // of the stage, that an arrow key moves an enlarged picture

/** Watch the stage of an asset's page; answers what ends it. */
export function startPages(page) {
  let turning = null;
  const find = () => {
    const bar = page.querySelector(".paging");
    if (!bar || bar === turning?.bar) return;
    turning?.end();
    turning = new Turning(page, bar);
  };
  const redrawn = new MutationObserver(find);
  redrawn.observe(page.querySelector(".stage"), { childList: true });
  find();
  return () => {
    redrawn.disconnect();
    turning?.end();
  };
}

/** What other scripts see of it: pages are frames; a single one has none. */
class PagesApi extends StageApi {
  #turning;

  constructor(turning) {
    super(turning.picture);
    this.#turning = turning;
  }

  get rate() {
    return null;
  }

  get frames() {
    return this.#turning.last > 1 ? this.#turning.last : 0;
  }

  get duration() {
    return 0;
  }

  get range() {
    return null;
  }

  get moving() {
    return false;
  }

  get whole() {
    return this.#turning.last > 1 ? t("Whole document") : t("Whole picture");
  }

  pause() {}

  currentFrame() {
    return this.#turning.number - 1;
  }

  async seekFrame(n) {
    this.#turning.turn(n + 1);
    return this.settled();
  }

  async settled() {
    await this.#turning.drawn();
    return this.currentFrame();
  }

  timecode(n) {
    return t("Page {number}", { number: n + 1 });
  }

  onframe(tell) {
    const listener = () => tell(this.currentFrame());
    this.#turning.addEventListener("frame", listener);
    return () => this.#turning.removeEventListener("frame", listener);
  }
}

class Turning extends EventTarget {
  #coming = Promise.resolve();

  /** Emits `frame` when another page is turned to. */
  constructor(page, bar) {
    super();
    Object.assign(this, { page, bar, number: 1, last: Number(bar.dataset.pages), largest: null });
    this.screen = page.querySelector(".screen");
    this.image = this.screen.querySelector(":scope > img");
    this.image.draggable = false;
    if (this.image.complete) this.#uncover();
    else this.image.addEventListener("load", () => this.#uncover(), { once: true });
    this.picture = new Picture(this.screen, this.image);
    this.zoom = new Zoom(this.picture, { actual: () => this.actual, tell: () => this.#zoomed() });
    const menu = bar.querySelector("[data-menu=guides]");
    if (menu) this.guides = new Guides(menu, this.picture);
    this.fullscreen = new Fullscreen(page.querySelector(".player"));
    bar.addEventListener("click", (event) => this.press(event.target.closest("button")));
    bar.querySelector("input")?.addEventListener("change", (event) => this.turn(Number(event.target.value)));
    this.image.addEventListener("dblclick", (event) => this.#toggle(event));
    this.free = bind(this.#keys());
    const asked = Number(new URLSearchParams(location.search).get("page"));
    if (asked > 1) this.turn(asked);
    this.tell();
    announce(page.querySelector(".player"), new PagesApi(this));
  }

  #keys() {
    const turn = (by) => () => this.turn(this.number + by);
    const many = this.last > 1;
    const arrow = (x, y, by) => () => this.zoom.pan(x * STRIDE, y * STRIDE) || (many && by !== 0 ? turn(by)() : false);
    return {
      z: () => this.#toggle(),
      "+": () => this.zoom.larger(),
      "=": () => this.zoom.larger(),
      "-": () => this.zoom.smaller(),
      0: () => this.zoom.fit(),
      1: () => this.#actual(),
      f: (event) => { if (!event.repeat) this.fullscreen.toggle(); },
      "Shift+g": (event) => { if (!event.repeat) this.guides?.toggle(); },
      ArrowLeft: arrow(-1, 0, -1),
      ArrowRight: arrow(1, 0, 1),
      ArrowUp: arrow(0, -1, 0),
      ArrowDown: arrow(0, 1, 0),
      ...(many && { PageUp: turn(-1), PageDown: turn(1), Home: () => this.turn(1), End: () => this.turn(this.last) }),
    };
  }

  end() {
    clearTimeout(this.again);
    this.free();
    this.guides?.end();
    this.fullscreen.end();
    this.zoom.end();
    this.picture.end();
  }

  press(button) {
    if (!button) return;
    const { page, zoom } = button.dataset;
    if (page) this.turn(this.number + (page === "back" ? -1 : 1));
    if (button.dataset.do === "full") this.fullscreen.toggle();
    if (zoom === "fit") this.zoom.fit();
    if (zoom === "actual") this.#actual();
    if (zoom === "larger") this.zoom.larger();
    if (zoom === "smaller") this.zoom.smaller();
  }

  /** Show a page; the address keeps it. */
  turn(wanted) {
    const number = Math.min(this.last, Math.max(1, Math.round(wanted) || 1));
    if (number !== this.number) {
      this.number = number;
      this.largest = null;
      this.zoom.fit();
      this.draw(AGAIN_TIMES);
      const query = new URLSearchParams(location.search);
      if (number > 1) query.set("page", number);
      else query.delete("page");
      const text = query.toString();
      history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : ""));
    }
    this.tell();
    this.dispatchEvent(new Event("frame"));
  }

  /** Answers once the page that was turned to last is on screen. */
  async drawn() {
    await this.#coming;
  }

  /** What stood for the picture before it came has another shape than a page. */
  #uncover() {
    this.screen.querySelector(":scope > canvas[data-blurhash]")?.remove();
  }

  #address(width) {
    return `${root()}/img/${this.page.dataset.versionId}?w=${width}&page=${this.number}`;
  }

  /** Point the picture at the page; one that is still being drawn is asked for again. */
  draw(times) {
    clearTimeout(this.again);
    this.image.dataset.waiting = "";
    this.#coming = new Promise((resolve) => {
      this.image.onload = () => { delete this.image.dataset.waiting; resolve(); };
      this.image.onerror = () => {
        if (times > 0) this.again = setTimeout(() => this.draw(times - 1), AGAIN_MS);
        resolve();
      };
    });
    this.#uncover();
    this.image.srcset = WIDTHS.map((width) => `${this.#address(width)} ${width}w`).join(", ");
    this.image.src = this.#address(WIDTHS[1]);
  }

  /** The scale at which a pixel of the picture is one of the screen; null while its largest size is not here. */
  get actual() {
    const { fitted } = this.picture;
    return this.largest && fitted ? this.largest.width / (window.devicePixelRatio || 1) / fitted.width : null;
  }

  /** Bring the largest size there is: what is enlarged shows all that is known. */
  async #sharpen() {
    if (this.largest) return;
    const { number } = this;
    const image = new Image();
    image.src = this.#address(WIDTHS.at(-1));
    await image.decode().catch(() => {}); // not there: it stays as it is
    if (number !== this.number || !image.naturalWidth || this.largest) return;
    this.largest = { width: image.naturalWidth };
    this.image.removeAttribute("srcset");
    this.image.src = image.src;
    this.tell();
  }

  async #actual(x = 0, y = 0) {
    await this.#sharpen();
    if (this.actual) this.zoom.to(this.actual, x, y);
  }

  /** The whole, or its pixels at the place of a double click. */
  #toggle(event = null) {
    if (this.zoom.scale !== 1) {
      this.zoom.fit();
      return;
    }
    const { left, top, width, height } = this.screen.getBoundingClientRect();
    this.#actual(...(event ? [event.clientX - left - width / 2, event.clientY - top - height / 2] : []));
  }

  #zoomed() {
    if (this.zoom.scale > 1) this.#sharpen();
    this.tell();
  }

  tell() {
    const whole = this.zoom.scale === 1;
    const actual = !whole && this.actual !== null && Math.abs(this.zoom.scale / this.actual - 1) < 0.001;
    for (const [name, holds] of [["fit", whole], ["actual", actual]]) this.bar.querySelector(`[data-zoom=${name}]`)?.setAttribute("aria-pressed", String(holds));
    const now = this.bar.querySelector("[data-zoom-now]");
    if (now) now.textContent = this.actual ? `${Math.round((this.zoom.scale / this.actual) * 100)} %` : "";
    this.screen.classList.toggle("pixels", this.actual !== null && this.zoom.scale / this.actual >= 2);
    const input = this.bar.querySelector("input");
    if (!input) return;
    input.value = this.number;
    this.bar.querySelector("[data-page=back]").disabled = this.number <= 1;
    this.bar.querySelector("[data-page=forward]").disabled = this.number >= this.last;
  }
}
