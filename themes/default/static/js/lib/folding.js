/** Sections of a panel that fold under their heading; which are folded is kept in this browser. */

import { make } from "./ui.js";

const MEMORY = "mam-folded";

/** Make a button of each section's `h2`; safe to call again after sections were drawn anew. */
export function foldSections(panel) {
  const folded = recall();
  for (const section of panel.querySelectorAll(":scope > section")) {
    const heading = section.querySelector("h2");
    if (!heading || heading.querySelector("button")) continue;
    const name = heading.textContent.trim();
    const button = make("button", { type: "button", class: "fold-heading" }, name);
    heading.replaceChildren(button);
    show(section, button, folded.has(name));
    button.addEventListener("click", () => {
      show(section, button, !section.classList.contains("folded"));
      keep(name, section.classList.contains("folded"));
    });
  }
}

function show(section, button, folded) {
  section.classList.toggle("folded", folded);
  button.setAttribute("aria-expanded", String(!folded));
}

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(MEMORY) || "[]");
    return new Set(Array.isArray(kept) ? kept : []);
  } catch (error) {
    if (error instanceof DOMException || error instanceof SyntaxError) return new Set(); // everything is shown
    throw error;
  }
}

function keep(name, folded) {
  const names = recall();
  if (folded) names.add(name);
  else names.delete(name);
  try {
    localStorage.setItem(MEMORY, JSON.stringify([...names]));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // storage switched off: it is not remembered
  }
}
