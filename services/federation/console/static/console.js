// Two small helps: printing, and a refused form as it was typed. Everything works without them.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// A refusal stands on a page of its own. Who goes back from it to the form finds it as it was
// typed: kept in this tab alone, for that one way back, never passwords or files.
const TYPED = "lianhe-typed";
const NOT_KEPT = ["hidden", "password", "file", "submit", "button"];
const here = () => location.pathname + location.search;
const keepable = (form) =>
  [...form.elements].filter((one) => one.name && !NOT_KEPT.includes(one.type));

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  const fields = keepable(form).map((one) => [one.name, one.value, Boolean(one.checked)]);
  const place = [...document.forms].indexOf(form);
  sessionStorage.setItem(TYPED, JSON.stringify({ page: here(), place, fields }));
});

const kept = JSON.parse(sessionStorage.getItem(TYPED) || "null");
sessionStorage.removeItem(TYPED);
if (kept && document.querySelector("[data-refused]")) {
  sessionStorage.setItem(TYPED, JSON.stringify({ ...kept, refused: true }));
} else if (kept?.refused && kept.page === here() && document.forms[kept.place]) {
  const fields = keepable(document.forms[kept.place]);
  kept.fields.forEach(([name, value, checked], at) => {
    const field = fields[at];
    if (field?.name !== name) return;
    if (["checkbox", "radio"].includes(field.type)) field.checked = checked;
    else field.value = value;
  });
}
