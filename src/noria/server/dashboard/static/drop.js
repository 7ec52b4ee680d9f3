// Images dropped or pasted anywhere on a page go into its file field.

/** changed(files): called with what the field holds now, however it came in. */
export function takeFiles(input, changed) {
  const put = (files) => {
    const images = [...files].filter((file) => file.type.startsWith("image/"));
    if (!images.length) return false;
    const held = new DataTransfer();
    for (const image of input.multiple ? images : images.slice(0, 1)) held.items.add(image);
    input.files = held.files;
    changed([...input.files]);
    return true;
  };
  input.addEventListener("change", () => changed([...input.files]));
  document.addEventListener("paste", (event) => {
    if (put(event.clipboardData?.files ?? [])) event.preventDefault();
  });
  document.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.items].some((item) => item.kind === "file")) return;
    event.preventDefault();
    input.form.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) input.form.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    input.form.classList.remove("over");
    if (put(event.dataTransfer.files)) event.preventDefault();
  });
}
