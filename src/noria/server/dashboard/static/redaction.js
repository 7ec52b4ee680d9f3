// What is hidden, tried on a text while the form is filled in.

import { send } from "./server.js";

const REST_MS = 250;
const form = document.querySelector("form[data-try]");

function watch() {
  const trial = document.getElementById("trial");
  const shown = document.getElementById("tried");
  const said = document.getElementById("tried-said");
  let timer = 0;
  let asked = 0; // the newest question; answers to older ones come too late

  async function ask() {
    const mine = ++asked;
    if (!form.elements.text.value) return tell("", "");
    try {
      const found = await send(form.dataset.try, new FormData(form));
      if (mine === asked) tell(found.text, found.said);
    } catch (problem) {
      if (mine === asked) tell("", problem.message);
    }
  }

  function tell(text, words) {
    shown.textContent = text;
    shown.hidden = !text;
    said.textContent = words;
  }

  trial.hidden = false;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, REST_MS);
  });
  form.addEventListener("submit", () => (form.elements.text.disabled = true)); // it is nobody's business but the trial's
}

if (form) watch();
