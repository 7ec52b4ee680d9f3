// Try it: the answer appears below what was asked, without leaving the page.

import { takeFiles } from "./drop.js";
import { clear, tell } from "./row_form.js";
import { send, sendForm } from "./server.js";
import { t } from "./texts.js";

const form = document.getElementById("try");
const answer = document.getElementById("answer");

async function tryIt(event) {
  event.preventDefault();
  const sent = event.target;
  const button = sent.querySelector("button");
  button.disabled = true;
  clear(form);
  try {
    const { html } = sent.enctype.startsWith("multipart/") ? await sendForm(sent) : await send(sent.action, new FormData(sent));
    answer.innerHTML = html; // rendered and escaped by the server
  } catch (problem) {
    answer.replaceChildren();
    if (!tell(form, problem) || sent !== form) say(problem.message);
  }
  button.disabled = false;
}

function say(words) {
  const line = document.createElement("p");
  line.className = "note refused";
  line.textContent = words;
  answer.replaceChildren(line);
}
for (const each of document.querySelectorAll(".try")) {
  each.addEventListener("submit", tryIt);
  each.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) each.requestSubmit();
  });
}

/** A picture is shown and answered as soon as it is there. */
function onPicture([file]) {
  const shown = document.getElementById("tried");
  if (shown.src) URL.revokeObjectURL(shown.src);
  shown.hidden = !file;
  if (!file) return;
  shown.src = URL.createObjectURL(file);
  form.requestSubmit();
}

/** Of a row: the picture that its field holds is shown beside it, however it came in. */
function showBeside(input) {
  const shown = document.createElement("img");
  shown.className = "tried";
  shown.alt = t("The image of this row");
  shown.hidden = true;
  shown.addEventListener("error", () => { shown.hidden = true; });
  input.after(shown);
  takeFiles(input, ([file]) => {
    if (shown.src) URL.revokeObjectURL(shown.src);
    shown.hidden = !file;
    if (file) shown.src = URL.createObjectURL(file);
  });
}

const ofRow = form?.elements.file ? null : form?.querySelector("input[type=file]");
if (ofRow) showBeside(ofRow);
if (form?.elements.file) {
  takeFiles(form.elements.file, onPicture);
  document.getElementById("tried").addEventListener("error", (event) => { event.target.hidden = true; }); // a kind that browsers don't show
}

/** Versions beside the live one: part of the address, so that a link leads to the same. */
const sides = document.getElementById("sides");
sides?.querySelector("button").setAttribute("hidden", "");
sides?.addEventListener("change", ({ target }) => {
  if (sides.querySelectorAll(":checked").length > Number(sides.dataset.most)) target.checked = false;
  const query = new URLSearchParams(new FormData(sides)).toString();
  const search = query ? `?${query}` : "";
  history.replaceState(null, "", location.pathname + search);
  for (const each of document.querySelectorAll(".try")) each.action = each.getAttribute("action").replace(/\?.*/, "") + search;
  if (answer.childElementCount && form.checkValidity()) form.requestSubmit();
});
