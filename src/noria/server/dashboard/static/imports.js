// Sending a file to be imported, with the bytes counted as they go.

import { csrfToken } from "./server.js";
import { t } from "./texts.js";

const form = document.getElementById("import");
const sending = document.getElementById("sending");
const refused = document.getElementById("refused");

function send(body) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much has gone
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => show(loaded, total);
    request.onload = () => (request.status === 200 ? resolve(request.response) : reject(request.response?.message));
    request.onerror = () => reject(t("The server can't be reached. Nothing was imported; send the file again."));
    request.send(body);
  });
}

function show(loaded, total) {
  sending.querySelector("progress").value = total ? loaded / total : 0;
  sending.querySelector("span").textContent = t("{percent} % sent", { percent: Math.round((100 * loaded) / total) });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  refused.hidden = true;
  sending.hidden = false;
  show(0, 1);
  try {
    const { url } = await send(new FormData(form));
    location.assign(url);
  } catch (problem) {
    refused.textContent = problem ?? t("That did not work. Try again.");
    refused.hidden = false;
    button.disabled = false;
    sending.hidden = true;
  }
});
