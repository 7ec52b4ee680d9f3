// Try it: the answer appears below the text, without leaving the page.

import { send } from "./server.js";

const form = document.getElementById("try");
const answer = document.getElementById("answer");

async function tryIt(event) {
  event?.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const { html } = await send(form.action, new FormData(form));
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
