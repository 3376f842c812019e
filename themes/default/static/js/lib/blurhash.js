/** BlurHash (the published format) onto small canvases: the picture's place before the picture. */

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

function number(text) {
  let value = 0;
  for (const letter of text) {
    const digit = DIGITS.indexOf(letter);
    if (digit < 0) return null;
    value = value * 83 + digit;
  }
  return value;
}

const toLinear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const toByte = (value) => {
  const clamped = Math.min(1, Math.max(0, value));
  return Math.round((clamped <= 0.0031308 ? clamped * 12.92 : 1.055 * clamped ** (1 / 2.4) - 0.055) * 255);
};

/** The colour waves in a hash: {columns, rows, waves: [[r, g, b], ...]} in linear light, or null. */
function waves(hash) {
  const size = number(hash[0] ?? "?");
  if (size === null) return null;
  const columns = (size % 9) + 1;
  const rows = Math.floor(size / 9) + 1;
  if (hash.length !== 4 + 2 * columns * rows || number(hash) === null) return null;
  const strongest = (number(hash[1]) + 1) / 166;
  const mean = number(hash.slice(2, 6));
  const found = [[16, 8, 0].map((shift) => toLinear(((mean >> shift) & 255) / 255))];
  for (let at = 6; at < hash.length; at += 2) {
    const value = number(hash.slice(at, at + 2));
    const steps = [Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19];
    found.push(steps.map((step) => Math.sign(step - 9) * ((step - 9) / 9) ** 2 * strongest));
  }
  return { columns, rows, waves: found };
}

/** Each wave along a side of `length` pixels. */
function cosines(length, count) {
  return Array.from({ length: count }, (_, wave) => Array.from({ length }, (__, at) => Math.cos((Math.PI * at * wave) / length)));
}

/** RGBA bytes of a hash at `width` × `height`; null for what is no BlurHash. */
export function decode(hash, width, height) {
  const parts = waves(hash);
  if (!parts) return null;
  const across = cosines(width, parts.columns);
  const down = cosines(height, parts.rows);
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const colour = [0, 0, 0];
      parts.waves.forEach((wave, index) => {
        const weight = across[index % parts.columns][x] * down[Math.floor(index / parts.columns)][y];
        for (let channel = 0; channel < 3; channel += 1) colour[channel] += wave[channel] * weight;
      });
      pixels.set([...colour.map(toByte), 255], (y * width + x) * 4);
    }
  }
  return pixels;
}

/** Draw every `<canvas data-blurhash>` below `root` that is still blank, once the reader comes near it. */
export function drawAll(root = document) {
  const blank = root.querySelectorAll("canvas[data-blurhash]:not([data-drawn])");
  if (!blank.length) return;
  const near = new IntersectionObserver((entries) => {
    for (const { target } of entries.filter((one) => one.isIntersecting)) {
      near.unobserve(target);
      draw(target);
    }
  }, { rootMargin: "50%" });
  for (const canvas of blank) near.observe(canvas);
}

/** Nothing where the picture itself is there by now. */
function draw(canvas) {
  if (canvas.parentElement?.querySelector("img")?.naturalWidth || "drawn" in canvas.dataset) return;
  canvas.dataset.drawn = "";
  const pixels = decode(canvas.dataset.blurhash, canvas.width, canvas.height);
  if (pixels) canvas.getContext("2d").putImageData(new ImageData(pixels, canvas.width, canvas.height), 0, 0);
}

/** Mark pictures that are there (and take them away where they do not come). */
export function showPictures(root = document) {
  for (const image of root.querySelectorAll(".picture > img:not(.here)")) {
    const show = () => image.classList.add("here");
    if (image.complete && image.naturalWidth) show();
    else {
      image.addEventListener("load", show, { once: true });
      image.addEventListener("error", () => image.remove(), { once: true });
    }
  }
}
