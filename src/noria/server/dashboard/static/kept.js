// How long things are kept: what the age in the form would delete today, told before it is saved.

import { Refused, send } from "./server.js";

const REST_MS = 250;
const form = document.querySelector("form[data-would-delete]");
const age = form.elements.namedItem("delete_after_days");
const said = document.getElementById("would-delete");
let timer = 0;
let asked = 0; // the newest question; answers to older ones come too late

async function ask() {
  const mine = ++asked;
  let words = "";
  try {
    ({ words } = await send(form.dataset.wouldDelete, new FormData(form)));
  } catch (problem) {
    words = problem instanceof Refused && !problem.passing ? problem.message : "";
  }
  if (mine !== asked) return;
  said.textContent = words;
  said.hidden = !words;
}

age.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, REST_MS);
});
ask();
