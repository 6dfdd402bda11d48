// Choosing contacts of the list: all of the page at once, a range with Shift, and how many.
(() => {
  const boxesOf = (form) => [...form.querySelectorAll("input[name=chosen]")];
  let last = null;

  const tell = (form) => {
    const boxes = boxesOf(form);
    const chosen = boxes.filter((box) => box.checked).length;
    const all = form.querySelector("[data-all]");
    if (!all) return;
    all.hidden = false;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    const count = form.querySelector(".selection-count");
    const isEverything = form.querySelector("input[name=everything]").checked;
    const isInUse = chosen > 0 || isEverything;
    form.querySelector(".selection-bar").classList.toggle("is-in-use", isInUse);
    form.querySelector(".to-the-bar").hidden = !isInUse;
    if (isEverything) count.textContent = count.dataset.everything;
    else count.textContent = chosen ? `${count.dataset.one} ${chosen}` : "";
  };

  // From the last ticked box it is one Tab to what is done with the chosen.
  const offerTheBar = (form, box) => box.after(form.querySelector(".to-the-bar"));

  const show = () => {
    const form = document.getElementById("selection");
    if (form) tell(form);
  };

  document.addEventListener("click", (event) => {
    const box = event.target;
    const form = box.closest?.("#selection");
    if (!form || box.name !== "chosen") return;
    const boxes = boxesOf(form);
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) {
      boxes.slice(from, to + 1).forEach((between) => { between.checked = box.checked; });
    }
    last = box;
  });

  document.addEventListener("click", (event) => {
    if (!event.target.matches?.(".to-the-bar")) return;
    event.preventDefault();
    document.getElementById("kind").focus();
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("#selection");
    if (!form) return;
    const box = event.target;
    const everything = form.querySelector("input[name=everything]");
    if (box === everything || box.matches("[data-all]")) {
      boxesOf(form).forEach((other) => { other.checked = box.checked; });
    }
    if (!box.checked && (box.name === "chosen" || box.matches("[data-all]"))) everything.checked = false;
    if (box.name === "chosen" || box.matches("[data-all]")) offerTheBar(form, box);
    tell(form);
  });

  document.addEventListener("htmx:afterSettle", show);
  window.addEventListener("pageshow", show);
  show();
})();
