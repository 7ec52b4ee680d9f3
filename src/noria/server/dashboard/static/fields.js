// The fields of a new table function: lines that are added and removed without a mouse.

import { t } from "./texts.js";

const editor = document.querySelector(".fields-editor");
const list = editor.querySelector(".field-lines");

function add(after = list.lastElementChild) {
  const line = list.lastElementChild.cloneNode(true);
  line.querySelector("input").value = "";
  after.after(line);
  number();
  line.querySelector("input").focus();
}

/** The last line stays, empty: another is made from it. */
function remove(line) {
  const next = line.nextElementSibling ?? line.previousElementSibling;
  if (next) line.remove();
  else line.querySelector("input").value = "";
  number();
  (next ?? line).querySelector("input").focus();
}

function number() {
  for (const [i, line] of [...list.children].entries()) {
    line.querySelector("input").setAttribute("aria-label", `Field ${i + 1}`);
    line.querySelector("select").setAttribute("aria-label", t("Type of field {n}", { n: i + 1 }));
    line.querySelector("[data-remove] .hidden").textContent = ` field ${i + 1}`;
  }
}

/** Enter goes on to the next line, or makes one; it would send the form. Backspace in an empty one removes it. */
function onKey(event) {
  if (!event.target.matches("input") || event.isComposing) return;
  const line = event.target.closest(".field-line");
  if (event.key === "Enter") {
    if (line.nextElementSibling) line.nextElementSibling.querySelector("input").focus();
    else if (event.target.value.trim()) add();
  } else if (event.key === "Backspace" && !event.target.value && list.children.length > 1 && !event.repeat) {
    remove(line);
  } else return;
  event.preventDefault();
}

for (const button of editor.querySelectorAll("button[hidden]")) button.hidden = false;
list.addEventListener("keydown", onKey);
list.addEventListener("click", (event) => event.target.closest("[data-remove]") && remove(event.target.closest(".field-line")));
editor.querySelector("[data-add]").addEventListener("click", () => add());
if (editor.dataset.said) list.querySelector("input").focus();
