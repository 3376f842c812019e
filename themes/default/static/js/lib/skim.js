/** Skimming: a mouse that moves over a film's card sees its moments, out of the scrub sprites of the player. */

import { call, quietly } from "./api.js";
import { parseSprites } from "../player/sprites.js";

const REST = 150; // ms over a card before its sprites are asked for
const GRANT_SECONDS = 3600;
const films = new WeakMap(); // card → {boxes, sheets}; a card that is drawn anew asks anew

/** Watch a grid of cards; answers a function that ends it. */
export function skim(grid) {
  const over = { card: null, timer: 0, view: null };
  const move = (event) => follow(over, event);
  const leave = () => away(over);
  grid.addEventListener("pointermove", move);
  grid.addEventListener("pointerleave", leave);
  return () => {
    leave();
    grid.removeEventListener("pointermove", move);
    grid.removeEventListener("pointerleave", leave);
  };
}

function follow(over, event) {
  const frame = event.pointerType === "mouse" && event.target.closest?.(".card[data-preview^=ready] .picture-frame:has(.badge.right)");
  const card = frame ? frame.closest(".card") : null;
  if (card !== over.card) {
    away(over);
    over.card = card;
    if (card && !films.has(card)) over.timer = setTimeout(() => quietly(ask(card)), REST);
  }
  if (card && films.get(card)?.boxes.length) draw(over, frame, event.clientX);
}

function away(over) {
  clearTimeout(over.timer);
  over.view?.remove();
  Object.assign(over, { card: null, view: null });
}

async function ask(card) {
  const film = { boxes: [], sheets: new Map() };
  films.set(card, film);
  const { sprite_url: url } = await call("POST", "/api/sign-preview", { version_id: card.dataset.versionId, expires_in: GRANT_SECONDS });
  const answer = url ? await fetch(url).catch(() => null) : null; // away for a moment: the poster stays
  if (answer?.ok) film.boxes = parseSprites(await answer.text(), answer.url);
}

function draw(over, frame, pointer) {
  const picture = frame.querySelector(".picture");
  const { left, width, height } = picture.getBoundingClientRect();
  const { boxes, sheets } = films.get(over.card);
  const part = Math.min(0.999, Math.max(0, (pointer - left) / width));
  const box = boxes[Math.floor(part * boxes.length)];
  const sheet = sheets.get(box.sheet) ?? Object.assign(new Image(), { src: box.sheet });
  sheets.set(box.sheet, sheet);
  if (!sheet.naturalWidth) return;
  if (!over.view) {
    over.view = Object.assign(document.createElement("span"), { className: "skim" });
    picture.append(over.view);
  }
  const scale = Math.min(width / box.width, height / box.height);
  Object.assign(over.view.style, {
    width: `${box.width * scale}px`,
    height: `${box.height * scale}px`,
    backgroundImage: `url("${box.sheet}")`,
    backgroundSize: `${sheet.naturalWidth * scale}px ${sheet.naturalHeight * scale}px`,
    backgroundPosition: `${-box.x * scale}px ${-box.y * scale}px`,
  });
}
