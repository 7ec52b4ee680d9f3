// Import: a look at the file's beginning before anything is added, then progress as rows go in.

import { sendFile, told } from "./server.js";

const BEGINNING = 64 * 1024; // bytes that a preview needs

const form = document.getElementById("import");
const preview = document.getElementById("preview");
const progress = document.getElementById("progress");
const report = document.getElementById("report");

function refuse(words) {
  const line = document.createElement("p");
  line.className = "note refused";
  line.setAttribute("role", "alert");
  line.textContent = words;
  return line;
}

async function look() {
  const [file] = form.elements.file.files;
  preview.replaceChildren();
  report.hidden = true;
  if (!file || !form.dataset.preview) return;
  const beginning = new FormData();
  beginning.append("file", file.slice(0, BEGINNING), file.name);
  if (file.size > BEGINNING) beginning.append("cut", "yes");
  try {
    const { html } = await told(await sendFile(form.dataset.preview, beginning, "application/json"));
    preview.innerHTML = html; // rendered and escaped by the server
  } catch (problem) {
    preview.replaceChildren(refuse(problem.message));
  }
}

async function add() {
  const button = form.querySelector("button");
  button.disabled = true;
  progress.hidden = false;
  report.hidden = true;
  step(0, 1);
  try {
    const response = await sendFile(form.action, new FormData(form), "application/x-ndjson, application/json");
    if (!response.ok) await told(response);
    for await (const line of lines(response.body)) {
      if (line.html === undefined) step(line.read, line.rows);
      else report.innerHTML = line.html; // rendered and escaped by the server
    }
  } catch (problem) {
    report.replaceChildren(refuse(`${problem.message} Rows that went in stay; import the file again for the rest.`));
  }
  progress.hidden = true;
  button.disabled = false;
  report.hidden = false;
  report.focus();
}

function step(read, rows) {
  progress.querySelector("progress").value = rows ? read / rows : 0;
  progress.querySelector("span").textContent = `${read.toLocaleString("en")} of ${rows.toLocaleString("en")}`;
}

async function* lines(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    rest += value ?? "";
    const whole = rest.split("\n");
    rest = done ? "" : whole.pop();
    for (const line of whole) if (line.trim()) yield JSON.parse(line);
    if (done) return;
  }
}

form.elements.file.addEventListener("change", look);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  add();
});
if (form.elements.file.files.length) look();
