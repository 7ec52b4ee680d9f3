// Ticking samples: one by one, with shift all between two, the page, all that match; and the keys for it.

import { plural } from "./elements.js";
import { t } from "./texts.js";

const bar = document.getElementById("bulk");
const boxes = [...document.querySelectorAll(".tick input")];
const page = bar?.querySelector("[data-page]");
const every = bar?.querySelector("[name=every]");
const said = bar?.querySelector("output");
let last = null;

function show() {
  const n = boxes.filter((box) => box.checked).length;
  if (page) {
    page.checked = n > 0 && n === boxes.length;
    page.indeterminate = n > 0 && n < boxes.length;
  }
  if (every) {
    every.closest("label").hidden = !(page.checked || every.checked);
    if (!page.checked) every.checked = false;
  }
  said.textContent = every?.checked ? t("all that match") : n ? t("{samples} ticked", { samples: plural(n, "sample") }) : "";
  for (const each of bar.querySelectorAll("button, select")) each.disabled = n === 0;
}

function tick(box, checked, through) {
  const [from, to] = [boxes.indexOf(through ?? box), boxes.indexOf(box)].sort((a, b) => a - b);
  for (const each of boxes.slice(from, to + 1)) each.checked = checked;
  last = box;
  show();
}

function tickAll(checked) {
  for (const box of boxes) box.checked = checked;
  show();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = document.activeElement;
  if (at.matches?.("input:not([type=checkbox]), select, textarea")) return;
  const here = boxes.indexOf(at.closest?.(".sample-row")?.querySelector(".tick input"));
  const any = boxes.some((box) => box.checked);
  if (event.key === "x" && boxes.length) {
    const box = boxes[Math.max(here, 0)];
    tick(box, !box.checked);
    box.focus();
  } else if (event.key === "a") tickAll(!boxes.every((box) => box.checked));
  else if (event.key === "Escape" && any) tickAll(false);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (here < 0 || at !== boxes[here]) return;
    const next = boxes[here + (event.key === "ArrowDown" ? 1 : -1)];
    next?.focus();
    if (event.shiftKey && next) tick(next, true);
  } else if (event.key === "l" && any) bar.querySelector("select")?.focus();
  else if (event.key === "Delete" && any) bar.querySelector(".danger")?.click();
  else return;
  event.preventDefault();
}

if (bar && boxes.length) {
  bar.querySelector("[data-help]").hidden = false;
  for (const box of boxes) {
    box.addEventListener("click", (event) => tick(box, box.checked, event.shiftKey && last ? last : box));
  }
  page.addEventListener("change", () => tickAll(page.checked));
  every?.addEventListener("change", show);
  document.addEventListener("keydown", onKey);
  addEventListener("pageshow", show); // a browser that goes back keeps what was ticked
  show();
}
