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
