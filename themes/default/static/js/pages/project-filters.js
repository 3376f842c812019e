/** The filters that are not always in sight, and the list's columns as its order. */

/** Values that fit the chosen field are offered; “Clear” empties all filters. Answers the end of it. */
export function startOwnFilters(page) {
  const form = page.querySelector("form.tools");
  const key = form.querySelector("[name=fkey]");
  const offer = () => {
    const chosen = key?.selectedOptions[0];
    const list = page.querySelector("#field-values");
    if (!list) return;
    const values = chosen?.dataset.type === "checkbox" ? ["yes", "no"] : (chosen?.dataset.options || "").split("\n").filter(Boolean);
    list.replaceChildren(...values.map((value) => new Option(value, value)));
  };
  const shown = () => {
    const on = [...form.querySelectorAll(".more-filters :is(select, input)")].some((one) => one.value && one.name !== "fvalue");
    form.querySelector(".more-filters > summary").classList.toggle("on", on);
    page.dataset.filtered = String(on || ["q", "kind", "status"].some((name) => form.elements[name].value));
  };
  const onChange = () => { offer(); shown(); };
  const onClear = () => {
    for (const one of form.querySelectorAll(".more-filters :is(select, input)")) one.value = "";
    form.dispatchEvent(new Event("change", { bubbles: true }));
  };
  offer();
  form.addEventListener("change", onChange);
  form.querySelector("[data-clear-filters]").addEventListener("click", onClear);
  return () => form.removeEventListener("change", onChange);
}

/** A column's head orders by it, once more the other way round. */
export function startColumns(page) {
  const order = page.querySelector("select[name=sort]");
  const heads = [...page.querySelectorAll("[data-sort]")];
  const draw = () => {
    for (const head of heads) head.lastElementChild.textContent = { [head.dataset.sort]: "\u2191", [`-${head.dataset.sort}`]: "\u2193" }[order.value] || "";
  };
  for (const head of heads) {
    head.addEventListener("click", () => {
      const name = head.dataset.sort;
      order.value = order.value === name ? `-${name}` : name;
      order.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  order.addEventListener("change", draw);
}
