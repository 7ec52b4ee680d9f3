// Labels to check: one key keeps or changes, and the next one is marked.

import { Refused, send } from "./server.js";

const list = document.getElementById("check");
const status = document.getElementById("status");

async function settle(item, button) {
  const form = item.querySelector("form");
  const body = new FormData(form); // its buttons are called action, so form.action is not the address
  body.set("action", button.value);
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
    status.textContent = problem instanceof Refused ? problem.message : "The server can't be reached. Try again.";
    status.classList.remove("hidden");
  }
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  const item = document.activeElement.closest?.(".check") ?? list.firstElementChild;
  if (!item) return;
  const action = { k: "keep", t: "take" }[event.key];
  if (action) settle(item, item.querySelector(`button[value=${action}]`));
  else if (event.key === "ArrowDown") (item.nextElementSibling ?? item).focus();
  else if (event.key === "ArrowUp") (item.previousElementSibling ?? item).focus();
  else return;
  event.preventDefault();
}

if (list) {
  document.getElementById("check-help").hidden = false;
  document.addEventListener("keydown", onKey);
  list.addEventListener("submit", (event) => {
    if (!event.submitter) return;
    event.preventDefault();
    settle(event.target.closest(".check"), event.submitter);
  });
  list.firstElementChild.focus({ preventScroll: true });
}
