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
    const everything = form.querySelector("input[name=everything]");
    form.querySelector(".selection-bar").classList.toggle("is-in-use", chosen > 0 || everything.checked);
    count.textContent = chosen ? `${count.dataset.one} ${chosen}` : "";
  };

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

  document.addEventListener("change", (event) => {
    const form = event.target.closest("#selection");
    if (!form) return;
    if (event.target.matches("[data-all]")) {
      boxesOf(form).forEach((box) => { box.checked = event.target.checked; });
    }
    tell(form);
  });

  document.addEventListener("htmx:afterSettle", show);
  window.addEventListener("pageshow", show);
  show();
})();
