// Whom a message goes to: picked contacts and groups become chips, cleared chips go away.
(() => {
  const picker = document.getElementById("picker");
  if (!picker) return;
  const picked = document.getElementById("picked");
  const found = document.getElementById("found");
  const search = document.getElementById("id_q");
  let isOpen = found.childElementCount > 0;
  picker.classList.add("picker-floating");

  const boxes = (place) => [...place.querySelectorAll("input[type=checkbox]")];
  const open = () => {
    if (isOpen) return;
    isOpen = true;
    search.dispatchEvent(new Event("find"));
  };
  const close = () => {
    isOpen = false;
    found.replaceChildren();
  };

  const pick = (choice) => {
    picked.append(choice);
    search.value = "";
    close();
    // Somebody was picked: what was missing is missing no more.
    picker.dispatchEvent(new CustomEvent("picked", { bubbles: true }));
    // The list stays closed until it is asked for again.
    isOpen = true;
    search.focus();
    isOpen = false;
  };

  const drop = (box) => {
    const all = boxes(picked);
    const index = all.indexOf(box);
    box.closest(".choice").remove();
    (all[index + 1] || all[index - 1] || search).focus();
  };

  picker.addEventListener("change", (event) => {
    const choice = event.target.closest(".choice");
    if (!choice) return;
    if (event.target.checked && found.contains(choice)) pick(choice);
    else if (!event.target.checked && picked.contains(choice)) drop(event.target);
  });

  picker.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close();
      search.focus();
    } else if (event.key === "Enter") {
      // Enter picks; it never sends the form from here.
      event.preventDefault();
      (event.target === search ? boxes(found)[0] : event.target)?.click();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const all = [search, ...boxes(found)];
      const index = all.indexOf(event.target);
      if (index < 0) return;
      event.preventDefault();
      if (event.target === search) open();
      all[index + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    }
  });

  search.addEventListener("focus", open);
  search.addEventListener("click", open);
  search.addEventListener("input", () => { isOpen = true; });
  // A press on the list leaves the keyboard where it is, so that the list is there for the click.
  found.addEventListener("mousedown", (event) => event.preventDefault());

  const closeOutside = (event) => {
    if (!search.parentElement.contains(event.target)) close();
  };
  document.addEventListener("pointerdown", closeOutside);
  document.addEventListener("focusin", closeOutside);

  // An answer that comes after the list was closed must not open it again.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === found && !isOpen) close();
  });
})();
