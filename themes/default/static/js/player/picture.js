/**
 * Where the picture lies on the stage: the video or image element fills the stage, its picture only a part of it.
 *
 * All rectangles are CSS pixels from the top left corner of `.screen`. `place()` enlarges and moves the picture;
 * whoever draws over it asks for `rect` and listens to `layout`.
 */

const WHOLE = { scale: 1, x: 0, y: 0 };

export class Picture extends EventTarget {
  #said = "";
  #file = null; // {address, width, height} of an image's own file

  /** `screen`: the `.screen`; `element`: its `video` or `img`. Emits `layout` when the rectangle has changed. */
  constructor(screen, element) {
    super();
    Object.assign(this, { screen, element, zoom: WHOLE });
    this.tell = () => { this.#measure(); this.#changed(); };
    this.sizes = new ResizeObserver(this.tell);
    this.sizes.observe(screen);
    for (const event of ["loadedmetadata", "resize", "load"]) element.addEventListener(event, this.tell);
    this.#measure();
  }

  end() {
    this.sizes.disconnect();
    for (const event of ["loadedmetadata", "resize", "load"]) this.element.removeEventListener(event, this.tell);
  }

  /** Pixels of the rung, page or picture that is loaded: {width, height}; null before one is. */
  get size() {
    const { videoWidth, videoHeight, naturalWidth, naturalHeight, currentSrc } = this.element;
    const [width, height] = [videoWidth || naturalWidth, videoHeight || naturalHeight];
    if (!width || !height) return null;
    return this.#file?.address === currentSrc ? { width: this.#file.width, height: this.#file.height } : { width, height };
  }

  /** An image of several sizes tells its own in rounded CSS pixels; the file, which is here by now, exactly. */
  #measure() {
    const { srcset, complete, currentSrc } = this.element;
    if (!srcset || !complete || !currentSrc || this.#file?.address === currentSrc) return;
    const file = new Image();
    file.onload = () => {
      this.#file = { address: currentSrc, width: file.naturalWidth, height: file.naturalHeight };
      this.#changed();
    };
    file.src = currentSrc;
  }

  /** Where the whole picture lies while nothing is enlarged; null before one is loaded. */
  get fitted() {
    const { size } = this;
    const { clientWidth, clientHeight } = this.screen;
    if (!size || !clientWidth || !clientHeight) return null;
    const scale = Math.min(clientWidth / size.width, clientHeight / size.height);
    const [width, height] = [size.width * scale, size.height * scale];
    return { left: (clientWidth - width) / 2, top: (clientHeight - height) / 2, width, height };
  }

  /** Where it lies now, partly outside of the stage where it is enlarged; null before one is loaded. */
  get rect() {
    const { fitted, zoom } = this;
    if (!fitted) return null;
    const [middleX, middleY] = [this.screen.clientWidth / 2, this.screen.clientHeight / 2];
    return {
      left: middleX + (fitted.left - middleX) * zoom.scale + zoom.x,
      top: middleY + (fitted.top - middleY) * zoom.scale + zoom.y,
      width: fitted.width * zoom.scale,
      height: fitted.height * zoom.scale,
    };
  }

  /** Enlarge by `scale` round the middle of the stage, then move by `x` and `y` CSS pixels. */
  place(zoom) {
    this.zoom = zoom;
    const { scale, x, y } = zoom;
    this.element.style.transform = scale === 1 && !x && !y ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
    this.#changed();
  }

  #changed() {
    const said = JSON.stringify(this.rect);
    if (said === this.#said) return;
    this.#said = said;
    this.dispatchEvent(new Event("layout"));
  }
}
