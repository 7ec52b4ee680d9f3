// Samples: a chosen label is saved as it is chosen, without leaving the page.

import "./forms.js";
import { takeFiles } from "./drop.js";
import { plural } from "./elements.js";
import { tell } from "./row_form.js";
import { send, sendForm } from "./server.js";

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

const adding = document.getElementById("add-images");
const rowForm = document.getElementById("add-row");

async function addRow(event) {
  event.preventDefault();
  const button = rowForm.querySelector("button");
  button.disabled = true;
  try {
    const { message } = await sendForm(rowForm);
    status.textContent = message;
    location.reload();
  } catch (problem) {
    rowForm.parentElement.querySelector(".note")?.remove();
    if (!tell(rowForm, problem)) note(rowForm, problem.message);
    button.disabled = false;
  }
}

rowForm?.addEventListener("submit", addRow);
if (location.hash === "#add") document.getElementById("add").open = true;

async function addImages(event) {
  event.preventDefault();
  const button = adding.querySelector("button");
  button.disabled = true;
  status.textContent = "Adding.";
  try {
    await sendForm(adding);
    location.reload();
  } catch (problem) {
    note(adding, problem.message);
    button.disabled = false;
  }
}

if (adding) {
  takeFiles(adding.elements.files, (files) => {
    adding.closest("details").open = true;
    adding.querySelector("button").textContent = files.length ? `Add ${plural(files.length, "image")}` : "Add";
    if (files.length) adding.elements.label_id.focus();
  });
  adding.addEventListener("submit", addImages);
}
