// Samples to be settled one after another, as labels to check and disagreements: one key does it, and the next one is marked.

import { Refused, send } from "./server.js";
import { t } from "./texts.js";

const list = document.getElementById("check");
const status = document.getElementById("status");

async function settle(item, button) {
  const form = item.querySelector("form");
  const body = new FormData(form); // its buttons are called action, so form.action is not the address
  body.set(button.name, button.value);
  for (const each of form.querySelectorAll("button")) each.disabled = true;
  try {
    const { message } = await send(form.getAttribute("action"), body);
    status.textContent = message;
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    if (next) next.focus();
    else location.reload();
  } catch (problem) {
    for (const each of form.querySelectorAll("button")) each.disabled = false;
    status.textContent = problem instanceof Refused ? problem.message : t("The server can't be reached. Try again.");
    status.classList.remove("hidden");
  }
}

/** What an item has for a key: a button that settles it, a list to choose from, or a fold. */
function press(item, part) {
  if (part.matches("button")) settle(item, part);
  else if (part.matches("details")) part.open = !part.open;
  else part.focus();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (event.target.matches("select, input, textarea")) return;
  const item = document.activeElement.closest?.(".check") ?? list.firstElementChild;
  if (!item) return;
  const part = [...item.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
  if (part) press(item, part);
  else if (event.key === "ArrowDown") (item.nextElementSibling ?? item).focus();
  else if (event.key === "ArrowUp") (item.previousElementSibling ?? item).focus();
  else return;
  event.preventDefault();
}

if (list) {
  const help = document.getElementById("check-help");
  if (help) help.hidden = false;
  document.addEventListener("keydown", onKey);
  list.addEventListener("submit", (event) => {
    if (!event.submitter) return;
    event.preventDefault();
    settle(event.target.closest(".check"), event.submitter);
  });
  list.firstElementChild.focus({ preventScroll: true });
}
