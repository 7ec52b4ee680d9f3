// The shares in the capture settings: sliders that say what they come to, and what the last day would have staged.

import { Refused, send } from "./server.js";

const REST_MS = 250; // a slider that is still moving asks nothing
const form = document.querySelector("form[data-preview]");
const preview = document.getElementById("preview");
let timer = 0;
let asked = 0; // the newest question; answers to older ones come too late

/** Shares as the server will bring them to 100, random at least a tenth. */
function normalised() {
  const sliders = [...form.querySelectorAll("input[type=range]")];
  const values = sliders.map((slider) => Number(slider.value));
  const total = values.reduce((sum, value) => sum + value, 0);
  const others = total - values[0];
  const random = others ? Math.max(values[0] / total, 0.1) : 1;
  const shares = values.map((value, i) => (i ? (others ? (value / others) * (1 - random) : 0) : random));
  sliders.forEach((slider, i) => {
    const text = `${Math.round(shares[i] * 100)}\u202f%`;
    slider.parentElement.querySelector("output").textContent = text;
    slider.setAttribute("aria-valuetext", text);
  });
}

async function ask() {
  const mine = ++asked;
  try {
    const { html } = await send(form.dataset.preview, new FormData(form));
    if (mine !== asked) return;
    preview.innerHTML = html; // rendered and escaped by the server
    preview.hidden = false;
  } catch (problem) {
    if (mine !== asked) return;
    const refused = problem instanceof Refused && !problem.passing;
    preview.textContent = refused ? problem.message : ""; // on a dead line the form can be saved without it
    preview.hidden = !refused;
  }
}

function soon() {
  normalised();
  clearTimeout(timer);
  timer = setTimeout(ask, REST_MS);
}

form.addEventListener("input", soon);
normalised();
// what was moved before this script was here, or kept by a browser that went back
if ([...form.querySelectorAll("input")].some((input) => input.value !== input.defaultValue)) soon();
