// Printing is the only thing the pages cannot ask for in HTML.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
