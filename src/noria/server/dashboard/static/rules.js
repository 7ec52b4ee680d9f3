// Rules of the user's own: each is tried out while it is written, and one that can't be read is not sent.

import { send } from "./server.js";

const WAIT_MS = 300;
const root = document.getElementById("rules");

function watch(row) {
  const field = row.querySelector(".expression");
  const said = row.querySelector(".rule-said");
  let timer = 0;
  let asked = 0;

  async function check() {
    const mine = ++asked;
    const expression = field.value;
    if (!expression.trim()) return tell("", "");
    try {
      const found = await send(`${root.dataset.url}/check`, { expression });
      if (mine !== asked) return; // something newer was written meanwhile
      if (found.wrong) tell(`${place(expression, found)}${found.wrong}`, found.wrong);
      else tell(found.found, "");
    } catch (problem) {
      if (mine === asked) tell(problem.message, "");
    }
  }

  function tell(words, wrong) {
    said.textContent = words;
    said.classList.toggle("wrong", Boolean(wrong));
    field.setCustomValidity(wrong);
    field.setAttribute("aria-invalid", String(Boolean(wrong)));
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    field.setCustomValidity("");
    timer = setTimeout(check, WAIT_MS);
  });
  if (field.value) root.addEventListener("toggle", () => root.open && check());
}

/** Where it is wrong: what stands there, or where something is missing. */
function place(expression, { start, end }) {
  const there = [...expression].slice(start, end).join("").trim(); // places are counted in characters, not UTF-16 units
  return there ? `“${there}”: ` : "";
}

for (const row of root.querySelectorAll(".rule")) watch(row);
if (location.hash === "#rules") root.open = true;
