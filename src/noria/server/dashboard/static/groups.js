// Groups that look new are looked for once the page stands: the first look takes a second.

const place = document.getElementById("groups");

async function show() {
  const response = await fetch(place.dataset.url);
  if (!response.ok || response.redirected) return;
  place.innerHTML = await response.text(); // rendered and escaped by the server
  for (const form of place.querySelectorAll("form")) watch(form);
}

/** An excluded member must not go unseen: the button says how many are labelled. */
function watch(form) {
  const button = form.querySelector("button.strong");
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const tell = () => {
    const n = boxes.filter((box) => box.checked).length;
    button.textContent = n === 1 ? "Label 1 item" : `Label ${n} items`;
    button.disabled = !n;
  };
  form.addEventListener("change", tell);
  tell();
}

if (place) {
  place.ariaBusy = "true";
  show()
    .catch(() => {}) // the line is down: the rest of the page says so
    .finally(() => (place.ariaBusy = "false"));
}
