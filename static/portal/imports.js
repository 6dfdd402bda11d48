// A file that is too big is told so beside its field before it is sent. The server looks again.
document.addEventListener("change", (event) => {
  const field = event.target;
  const form = field.closest("#upload");
  if (!form || field.type !== "file") return;
  const isTooBig = [...field.files].some((file) => file.size > Number(form.dataset.mostBytes));
  field.setCustomValidity(isTooBig ? form.dataset.tooBig : "");
  field.reportValidity();
});
