// The side panel, kept up to date by server-sent events while somebody looks at the page.

const PATIENCE_MS = 4000;

/** Follow the events at `url`; each named part of the page is replaced when it changes, then `changed` is called. */
export function follow(url, changed) {
  const offline = document.getElementById("offline");
  let source = null;
  let timer = null;

  function show(event) {
    clearTimeout(timer);
    offline.hidden = true;
    const parts = JSON.parse(event.data);
    for (const [name, html] of Object.entries(parts)) {
      const part = document.querySelector(`[data-part="${name}"]`);
      if (part) part.innerHTML = html; // rendered and escaped by the server
    }
    changed(parts);
  }

  function open() {
    close();
    source = new EventSource(url);
    source.addEventListener("panel", show);
    source.addEventListener("error", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        offline.hidden = false;
        open();
      }, PATIENCE_MS);
    });
  }

  function close() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  // A browser keeps few lines to one server open: a page nobody looks at gives its line back.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && !document.hidden && open());
  if (!document.hidden) open();
}
