// Forms that send themselves when a choice changes; without script they have a button.

document.documentElement.classList.add("js");
for (const form of document.querySelectorAll("[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
}
