// A button on each snippet that copies it.

import { t } from "./texts.js";

for (const block of document.querySelectorAll(".copy")) {
  const text = block.querySelector("pre").textContent;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = t("Copy");
  button.addEventListener("click", async () => {
    button.textContent = (await copied(text, block)) ? t("Copied") : t("Press Ctrl C");
    setTimeout(() => (button.textContent = t("Copy")), 2000);
  });
  block.append(button);
}

async function copied(text, block) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(block.querySelector("pre")); // no clipboard over plain HTTP: select it instead
    return false;
  }
}
