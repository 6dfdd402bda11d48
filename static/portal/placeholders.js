// Buttons with data-placeholder put it into the textarea that data-placeholders-into of a place
// around them names, where the caret is or was. They are hidden until this runs.
(() => {
  const show = (root) => {
    root.querySelectorAll?.("[data-placeholders-into]").forEach((place) => place.removeAttribute("hidden"));
  };

  // A press leaves the caret and the selection where they are.
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest("[data-placeholder]")) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-placeholder]");
    const place = button?.closest("[data-placeholders-into]");
    const text = place && document.getElementById(place.dataset.placeholdersInto);
    if (!text) return;
    const placeholder = button.dataset.placeholder;
    text.focus();
    // The one way that a browser can undo; it tells whoever listens for input, too.
    if (document.execCommand("insertText", false, placeholder)) return;
    text.setRangeText(placeholder, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("htmx:load", (event) => show(event.target));
  show(document);
})();
