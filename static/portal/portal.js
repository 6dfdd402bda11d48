// Copies the text of the element named by a button's data-copy, and says so on the button.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = button.dataset.copied;
  } catch {
    // Without https the clipboard is closed to pages: select the text for Ctrl+C.
    window.getSelection().selectAllChildren(source);
  }
});

// Once the session has ended, htmx is led to the sign-in page, which belongs into no part of this
// one. What only reads is loaded anew, and so signs in; what is being typed stays as it is.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo, requestConfig } = event.detail;
  const asked = new URL(pathInfo.finalRequestPath, window.location.href).pathname;
  if (!xhr.responseURL || new URL(xhr.responseURL).pathname === asked) return;
  event.detail.shouldSwap = false;
  if (requestConfig.verb === "get") window.location.reload();
});

// While the portal does not answer, the page says that it may be out of date.
(() => {
  const tell = (isSilent) => {
    document.getElementById("no-answer")?.toggleAttribute("hidden", !isSilent);
  };
  document.addEventListener("htmx:sendError", () => tell(true));
  document.addEventListener("htmx:timeout", () => tell(true));
  document.addEventListener("htmx:responseError", (event) => tell(event.detail.xhr.status >= 500));
  document.addEventListener("htmx:afterOnLoad", () => tell(false));
})();

// The content takes the keyboard when the skip link leads there and never otherwise: as a place
// that can always be focused it would take the focus from a field at each click beside it.
document.addEventListener("click", (event) => {
  if (!event.target.closest(".skip-link")) return;
  const content = document.getElementById("content");
  content.tabIndex = -1;
  content.focus();
  content.addEventListener("blur", () => content.removeAttribute("tabindex"), { once: true });
});

// What is asked for again and again waits while a question within it is open, which an answer would
// close under somebody's hand.
document.addEventListener("htmx:beforeRequest", (event) => {
  const place = event.target.closest("[data-waits-while-open]");
  if (place?.querySelector("details[open]")) event.preventDefault();
});
