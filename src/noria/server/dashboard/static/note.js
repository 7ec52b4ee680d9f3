// A note on an item: a short text of a person for others. It travels like an answer, and the item stays on show.

export class NoteDialog {
  /** write(item, note): called with the text as it is kept from now on. */
  constructor(write) {
    this.dialog = document.getElementById("note-dialog");
    this.text = document.getElementById("note-text");
    this.item = null;
    this.dialog.querySelector("form").addEventListener("submit", () => write(this.item, this.text.value.trim()));
    document.getElementById("note-close").addEventListener("click", () => this.dialog.close());
  }

  open(item) {
    this.item = item;
    this.text.value = item.note;
    this.dialog.showModal();
    this.text.select();
  }
}
