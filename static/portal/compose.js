// The compose form: a field that is being mended is no longer marked as wrong, placeholders go in at
// the caret, menus and sections behave.
(() => {
  const form = document.getElementById("compose");
  if (!form) return;
  document.getElementById("form-errors")?.focus();

  const unmark = (field) => {
    if (!field?.classList.contains("is-invalid")) return;
    field.classList.remove("is-invalid");
    field.removeAttribute("aria-invalid");
    const summary = document.querySelector("#form-errors[data-marks-only]");
    if (!form.querySelector(".is-invalid")) summary?.remove();
  };

  form.addEventListener("input", (event) => unmark(event.target));
  form.addEventListener("picked", () => {
    unmark(document.getElementById("id_q"));
    const numbers = document.getElementById("id_numbers");
    if (!numbers.value.trim()) unmark(numbers);
  });

  // A placeholder goes where the caret is, and the keyboard stays with the text.
  const putIn = (written) => {
    const text = document.getElementById("id_text");
    text.focus();
    text.setRangeText(written, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    button.closest("details").open = false;
    putIn(button.dataset.insert);
  });

  // Enter beside a number sends the test there, not the form.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.id !== "id_own_number") return;
    event.preventDefault();
    document.querySelector("#trial button").click();
  });

  // Menus above the text close as menus do.
  const closeTools = (but) => {
    form.querySelectorAll("details[data-tool][open]").forEach((tool) => {
      if (tool !== but) tool.open = false;
    });
  };
  document.addEventListener("click", (event) => closeTools(event.target.closest("details[data-tool]")));
  form.addEventListener("keydown", (event) => {
    const tool = event.target.closest("details[data-tool]");
    if (event.key !== "Escape" || !tool?.open) return;
    tool.open = false;
    tool.querySelector("summary").focus();
  });

  // A closed section says whether anything in it is chosen.
  const isChosen = (name) => [...form.querySelectorAll(`[name="${name}"]`)].some(
    (input) => (input.type === "radio" ? input.checked && input.value !== "now" : input.value.trim())
  );
  const tellSections = () => {
    form.querySelectorAll(".section-state").forEach((state) => {
      const isFilled = state.dataset.watch.split(" ").some(isChosen);
      state.textContent = isFilled ? state.dataset.filled : state.dataset.empty;
    });
  };
  form.addEventListener("input", tellSections);
  tellSections();

  // What was opened to see names stays open while figures go on.
  let opened = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "live") return;
    opened = [...event.target.querySelectorAll("details[open]")].map((part) => part.id);
  });
  // While the placeholders stay the same, so do the fields for them: one of them may be in use.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.target.id !== "missing") return;
    const fresh = event.detail.fragment.querySelector("#missing");
    if (fresh?.dataset.names === event.target.dataset.names) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "live") {
      opened.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    }
    if (event.target.id === "id_text") document.getElementById("id_text").focus();
    if (event.target.id === "text-part") {
      (document.getElementById("replace-text") || document.getElementById("id_text")).focus();
    }
  });
})();
