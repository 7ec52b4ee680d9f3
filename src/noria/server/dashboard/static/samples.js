// Samples: a chosen label is saved as it is chosen, without leaving the page.

import "./forms.js";
import { send } from "./server.js";

const status = document.getElementById("status");

async function relabel(form) {
  const select = form.querySelector("select");
  const before = select.dataset.before ?? [...select.options].find((option) => option.defaultSelected)?.value ?? "";
  const chosen = select.value;
  select.classList.remove("saved");
  try {
    const { message } = await send(form.action, new FormData(form));
    select.dataset.before = chosen;
    select.classList.add("saved");
    status.textContent = chosen ? `${message} ${select.selectedOptions[0].text}.` : message;
  } catch (problem) {
    select.value = before;
    status.textContent = "";
    note(form, problem.message);
  }
}

function note(form, words) {
  form.parentElement.querySelector(".note")?.remove();
  const line = document.createElement("p");
  line.className = "note refused";
  line.setAttribute("role", "alert");
  line.textContent = `Not saved: ${words}`;
  form.after(line);
}

for (const form of document.querySelectorAll(".relabel")) {
  form.addEventListener("change", () => relabel(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    relabel(form);
  });
}

const chosen = document.querySelector(".label-list [aria-current]");
chosen?.scrollIntoView({ block: "nearest" });
