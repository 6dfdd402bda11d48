// The compose form: picked contacts and groups become chips, cleared chips go away.
(() => {
  document.getElementById("form-errors")?.focus();
  const picker = document.getElementById("picker");
  if (!picker) return;
  const picked = document.getElementById("picked");
  const found = document.getElementById("found");
  const search = document.getElementById("id_q");
  picker.classList.add("picker-floating");

  const boxes = (place) => [...place.querySelectorAll("input[type=checkbox]")];
  const close = () => found.replaceChildren();

  // The neighbour that the keyboard goes to when a choice leaves its place.
  const neighbour = (box, place) => {
    const all = boxes(place);
    const index = all.indexOf(box);
    return all[index + 1] || all[index - 1] || search;
  };

  picker.addEventListener("change", (event) => {
    const box = event.target;
    const choice = box.closest(".choice");
    if (!choice) return;
    if (box.checked && found.contains(choice)) {
      const next = neighbour(box, found);
      picked.append(choice);
      next.focus();
      if (next === search) close();
    } else if (!box.checked && picked.contains(choice)) {
      const next = neighbour(box, picked);
      choice.remove();
      next.focus();
    }
  });

  picker.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close();
      search.focus();
    } else if (event.key === "Enter" && picker.contains(event.target)) {
      // Enter picks; it never sends the form from here.
      event.preventDefault();
      (event.target === search ? boxes(found)[0] : event.target)?.click();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const all = [search, ...boxes(found)];
      const index = all.indexOf(event.target);
      if (index < 0) return;
      event.preventDefault();
      all[index + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    }
  });

  const closeOutside = (event) => {
    if (!picker.querySelector(".picker-search").contains(event.target)) close();
  };
  document.addEventListener("pointerdown", closeOutside);
  document.addEventListener("focusin", closeOutside);

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "id_text") document.getElementById("id_text").focus();
    // An answer that comes after the field was left must not open the list again.
    if (event.target === found && !picker.contains(document.activeElement)) close();
  });
})();
