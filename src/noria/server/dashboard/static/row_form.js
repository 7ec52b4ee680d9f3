// A row typed by hand: what is wrong is told at the field that it is about.

/** True when there is such a field in the form. */
export function tell(form, problem) {
  clear(form);
  const input = problem.field ? form.elements[problem.field] : null;
  if (!input) return false;
  input.setAttribute("aria-invalid", "true");
  document.getElementById(`said-${problem.field}`).textContent = problem.message;
  input.focus();
  return true;
}

export function clear(form) {
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  for (const words of form.querySelectorAll(".said-wrong")) words.textContent = "";
}
