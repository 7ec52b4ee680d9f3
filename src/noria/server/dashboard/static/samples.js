// Samples: a chosen label is saved as it is chosen, without leaving the page.

import "./forms.js";
import { takeFiles } from "./drop.js";
import { plural } from "./elements.js";
import { note, relabels } from "./relabel.js";
import { tell } from "./row_form.js";
import { sendForm } from "./server.js";
import { t } from "./texts.js";

const status = document.getElementById("status");

for (const form of document.querySelectorAll(".relabel")) {
  relabels(form, (words) => {
    status.textContent = words;
  });
}

showChosen(document.querySelector(".label-list"));

/** Scroll the labels to the one that is chosen. By scrollIntoView, Tab would begin there, past the link that skips to the content. */
function showChosen(list) {
  const chosen = list?.querySelector("[aria-current]")?.getBoundingClientRect();
  if (chosen) list.scrollTop += Math.max(0, chosen.bottom - list.getBoundingClientRect().bottom);
}

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
  status.textContent = t("Adding.");
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
    adding.querySelector("button").textContent = files.length ? t("Add {images}", { images: plural(files.length, "image") }) : t("Add");
    if (files.length) adding.elements.label_id.focus();
  });
  adding.addEventListener("submit", addImages);
}
