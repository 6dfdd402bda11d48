// The compose form saves itself: soon after a change, again while the portal does not answer, and
// once more while its page is being closed.
(() => {
  const form = document.getElementById("compose");
  const draft = document.getElementById("draft");
  if (!form || !draft) return;
  const RETRY = 5000;
  let isDirty = false;
  let again = 0;

  const say = (words) => {
    const said = document.createElement("p");
    said.className = "draft-unsaved";
    said.role = "status";
    said.textContent = words;
    draft.replaceChildren(said);
  };

  const tryAgain = () => {
    window.clearTimeout(again);
    again = window.setTimeout(() => draft.dispatchEvent(new Event("keep")), RETRY);
  };

  form.addEventListener("input", () => { isDirty = true; });
  form.addEventListener("change", () => { isDirty = true; });
  // What is sent to be confirmed needs no keeping on the way out.
  form.addEventListener("submit", () => { isDirty = false; });

  draft.addEventListener("htmx:beforeRequest", () => { isDirty = false; });
  draft.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, pathInfo } = event.detail;
    const asked = new URL(pathInfo.finalRequestPath, window.location.href).pathname;
    if (xhr.responseURL && new URL(xhr.responseURL).pathname !== asked) {
      isDirty = true;
      say(draft.dataset.signedOut);
    }
  });
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach((name) => {
    draft.addEventListener(name, () => {
      isDirty = true;
      say(draft.dataset.unsaved);
      tryAgain();
    });
  });

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden" || !isDirty) return;
    isDirty = false;
    fetch(draft.getAttribute("hx-post"), {
      method: "POST", body: new FormData(form), keepalive: true,
    }).catch(() => { isDirty = true; });
  });
})();
