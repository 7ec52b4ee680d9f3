// Health and jobs, renewed while somebody looks; a link or a button that has the focus keeps it.

import { read } from "./server.js";

const OFTEN_MS = 1000;
const SELDOM_MS = 5000;
const place = document.getElementById("now");

async function follow() {
  for (;;) {
    const busy = place.querySelector("progress");
    await new Promise((done) => setTimeout(done, busy && !document.hidden ? OFTEN_MS : SELDOM_MS));
    try {
      renew((await read(location.href)).html);
    } catch (problem) {
      if (problem.passing === false) return;
    }
  }
}

function renew(html) {
  const made = document.createElement("template");
  made.innerHTML = html; // rendered and escaped by the server
  if (made.content.textContent === place.textContent && !made.content.querySelector("progress")) return;
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  place.replaceChildren(made.content);
  if (focused) [...place.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
}

follow();
