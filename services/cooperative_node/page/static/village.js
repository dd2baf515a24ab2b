// Two small helps: print, and one send per form. Everything works without them.
document.addEventListener("click", (event) => {
  if (event.target.matches("[data-print]")) window.print();
});
document.addEventListener("submit", (event) => {
  const sent = event.target.dataset.sent;
  if (sent) event.preventDefault();
  else if (!event.target.matches("[data-again]")) event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
