// One import or export: its part of the page is renewed while it goes on, and once when it is over.

import { read } from "./server.js";

const LOOK_AGAIN_MS = 700;
const place = document.getElementById("transfer");
const status = document.getElementById("status");

async function follow() {
  for (;;) {
    await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
    let now;
    try {
      now = await read(location.href);
    } catch (problem) {
      if (problem.passing === false) return;
      continue; // the server restarts, and goes on with it
    }
    renew(now);
    if (!now.underWay) {
      status.textContent = place.querySelector("h2")?.textContent ?? "";
      return;
    }
  }
}

/** Only the bar and the figures move while it goes on: buttons stay under the pointer. */
function renew({ html, underWay }) {
  const made = document.createElement("template");
  made.innerHTML = html; // rendered and escaped by the server
  const bar = place.querySelector("progress");
  const next = made.content.querySelector("progress");
  const same = underWay && bar && next && bar.getAttribute("aria-label") === next.getAttribute("aria-label");
  if (!same) return place.replaceChildren(made.content);
  if (next.hasAttribute("value")) bar.value = next.value;
  place.querySelector("p.n").textContent = made.content.querySelector("p.n").textContent;
}

if (place.dataset.underWay) follow();
