// The page of one label: its key of this person's own, and keys to save and to go on.

import { Keys, singleKeys } from "./keys.js";
import { t } from "./texts.js";

const own = document.getElementById("own");
if (own) {
  const { capture, person, label } = own.dataset;
  own.textContent = new Keys({ acts: "", labels: `noria:keys:${capture}:${person}` }, {}).labels[label] ?? t("none");
}

document.addEventListener("keydown", (event) => {
  const form = event.target.closest("#change");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  if (event.ctrlKey || event.metaKey || event.altKey || !singleKeys() || event.target.closest("input, textarea, select")) return;
  document.getElementById({ "[": "before", "]": "after" }[event.key])?.click();
});
