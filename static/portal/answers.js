// An answer replaces what is in the form, or says what comes of it: one to values that are no longer
// there would take away what has been typed since. It is left unshown and asked for anew; so is one
// that comes while a button is held down, which would go away under the press.
(() => {
  const asked = new WeakMap();
  let isPressed = false;
  let waiting = null;

  const formOf = (element) => element.closest("form[data-answers]");
  const saidIn = (form) => new URLSearchParams(new FormData(form)).toString();
  const askAgain = ({ elt, triggeringEvent }) => {
    if (elt.isConnected) window.htmx.trigger(elt, triggeringEvent.type);
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = formOf(event.detail.elt);
    if (form) asked.set(event.detail.xhr, saidIn(form));
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig, shouldSwap } = event.detail;
    const form = formOf(requestConfig.elt);
    if (!form || !shouldSwap || !asked.has(xhr)) return;
    const isOutdated = asked.get(xhr) !== saidIn(form);
    if (!isOutdated && !isPressed) return;
    event.detail.shouldSwap = false;
    if (isPressed) waiting = requestConfig;
    else askAgain(requestConfig);
  });

  document.addEventListener("pointerdown", (event) => {
    isPressed = Boolean(event.target.closest("button, a") && formOf(event.target));
  });
  const release = () => {
    isPressed = false;
    // The click comes first.
    if (waiting) setTimeout(askAgain, 0, waiting);
    waiting = null;
  };
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);
})();
