// Ticks stay when another page of the same list is opened. Without this file, a page is decided about at a time.
const form = document.querySelector("form[data-chosen]");
const boxes = [...(form?.querySelectorAll("input[name=keys]") ?? [])];
const place = `chosen ${form?.dataset.chosen}`;
const chosen = new Set(JSON.parse(sessionStorage.getItem(place) ?? "[]"));
const count = form?.querySelector("[data-chosen-count]");
const all = form?.querySelector("[data-choose-all]");
const none = count?.querySelector("button");

const elsewhere = () => {
  const here = new Set(boxes.map((box) => box.value));
  return [...chosen].filter((key) => !here.has(key));
};

const words = () => {
  if (!chosen.size) return "None chosen";
  const others = elsewhere().length;
  return `${chosen.size} chosen` + (others ? `, ${others} on other pages` : "");
};

const show = () => {
  const ticked = boxes.filter((box) => box.checked).length;
  const box = all.querySelector("input");
  box.checked = ticked === boxes.length;
  box.indeterminate = ticked > 0 && ticked < boxes.length;
  count.querySelector("[role=status]").textContent = words();
  none.hidden = !chosen.size;
  form.classList.toggle("some", chosen.size > 0);
};

const keep = () => {
  for (const box of boxes) chosen[box.checked ? "add" : "delete"](box.value);
  if (chosen.size) sessionStorage.setItem(place, JSON.stringify([...chosen]));
  else sessionStorage.removeItem(place);
  show();
};

const tick = (checked) => {
  for (const box of boxes) box.checked = checked;
  keep();
};

if (form) {
  count.hidden = all.hidden = false;
  // What a refused decision comes back with is ticked already.
  for (const box of boxes) box.checked = box.defaultChecked || chosen.has(box.value);
  keep();
  form.addEventListener("change", (event) => event.target.name === "keys" && keep());
  all.addEventListener("change", (event) => tick(event.target.checked));
  none.addEventListener("click", () => {
    chosen.clear();
    tick(false);
    // The button is gone, and with it the place of whoever came by keyboard.
    form.querySelector("select").focus();
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "chosen") sessionStorage.setItem("decided", place);
  });
  form.addEventListener("formdata", (event) => {
    event.formData.append("others", elsewhere().join(" "));
  });
}
