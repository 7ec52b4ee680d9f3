// Try it: the answer appears below the text, without leaving the page.

import { takeFiles } from "./drop.js";
import { send, sendForm } from "./server.js";

const form = document.getElementById("try");
const answer = document.getElementById("answer");

async function tryIt(event) {
  event?.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const { html } = form.elements.file ? await sendForm(form) : await send(form.action, new FormData(form));
    answer.innerHTML = html; // rendered and escaped by the server
  } catch (problem) {
    const line = document.createElement("p");
    line.className = "note refused";
    line.textContent = problem.message;
    answer.replaceChildren(line);
  }
  button.disabled = false;
}

form?.addEventListener("submit", tryIt);
form?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

/** A picture is shown and answered as soon as it is there. */
function onPicture([file]) {
  const shown = document.getElementById("tried");
  if (shown.src) URL.revokeObjectURL(shown.src);
  shown.hidden = !file;
  if (!file) return;
  shown.src = URL.createObjectURL(file);
  form.requestSubmit();
}

if (form?.elements.file) {
  takeFiles(form.elements.file, onPicture);
  document.getElementById("tried").addEventListener("error", (event) => { event.target.hidden = true; }); // a kind that browsers don't show
}
