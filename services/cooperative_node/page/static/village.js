// Three small helps: print, one send per form, and a refused form as it was typed.
// Everything works without them.
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

// A page that refuses a form stands at that form's own address: the form is found by it and by
// its hidden fields, filled again, and the parts of the page it is folded into are opened.
const main = document.querySelector("main[data-typed]");
if (main) fillAgain(JSON.parse(main.dataset.typed));

function fillAgain(typed) {
  const own = ["csrf", "act_id"];
  const sent = [...document.querySelectorAll("main form[method=post]")].find(
    (form) =>
      new URL(form.action).pathname === location.pathname &&
      [...form.querySelectorAll("input[type=hidden]")].every(
        (hidden) => own.includes(hidden.name) || typed[hidden.name]?.includes(hidden.value),
      ),
  );
  if (!sent) return;
  for (const field of sent.elements) {
    const said = typed[field.name];
    if (["checkbox", "radio"].includes(field.type)) {
      field.checked = !field.disabled && Boolean(said?.includes(field.value));
    } else if (said && !["hidden", "password", "file"].includes(field.type)) {
      const before = field.value;
      field.value = said[0];
      if (field.tagName === "SELECT" && field.selectedIndex < 0) field.value = before;
    }
  }
  for (let part = sent.closest("details"); part; part = part.parentElement.closest("details")) {
    part.open = true;
  }
}
