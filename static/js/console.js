// Everything works without this file; it makes waiting visible and keeps live pages quiet.

// Nothing moves under a person's hands: no polling in a hidden tab, while a confirmation is open, or
// while rows are chosen.
document.addEventListener("htmx:config:request", (event) => {
  const polled = event.detail.ctx.sourceEvent?.type === "every";
  const busy =
    document.hidden ||
    document.querySelector("#live details.confirm[open], dialog[open], #live input:checked");
  if (polled && busy) event.preventDefault();
});

// A poll that was sent elsewhere did not bring the live part: the session has ended. Loading the page
// anew leads to the sign-in, and back here afterwards.
document.addEventListener("htmx:before:response", (event) => {
  if (!event.detail.ctx.response.raw.redirected) return;
  event.preventDefault();
  location.reload();
});

// Old numbers must not pass for new ones.
const offline = document.querySelector("[data-offline]");
const answered = () => {
  offline.hidden = true;
  offline.querySelector("time").textContent = new Date().toLocaleTimeString();
};
const failed = () => (offline.hidden = false);
answered();
document.addEventListener("htmx:after:request", (event) => {
  if (event.detail.ctx.response.status < 400) answered();
});
document.addEventListener("htmx:response:error", failed);
document.addEventListener("htmx:error", failed);

// What was chosen in a list has been decided about; a decision that did not come through leaves it chosen.
const decided = sessionStorage.getItem("decided");
if (decided && document.querySelector(".message.success")) sessionStorage.removeItem(decided);
sessionStorage.removeItem("decided");

// What a person has opened stays open when new content comes in.
document.addEventListener("htmx:before:morph:attr", (event) => {
  if (event.target.matches?.("details") && event.detail.name === "open") event.preventDefault();
});

for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button.primary");
    button.textContent = form.dataset.busy;
    button.setAttribute("aria-busy", "true");
    form.classList.add("busy");
  });
}

// Coming back with the browser's back button shows the page as it was left: busy.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

const operations = document.querySelector("[data-operations]");
const showOptions = () => {
  const slug = operations.querySelector("input:checked")?.value;
  for (const options of document.querySelectorAll("[data-options]"))
    options.hidden = options.dataset.options !== slug;
};
if (operations) {
  operations.addEventListener("change", showOptions);
  showOptions();
}

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  });
}

// Only one menu or confirmation at a time; Escape closes it.
document.addEventListener("toggle", (event) => {
  if (!event.target.open || !event.target.matches(".menu, .confirm")) return;
  for (const other of document.querySelectorAll(".menu[open], .confirm[open]"))
    if (other !== event.target) other.open = false;
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll(".menu[open], .confirm[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
