// In the head, before anything is drawn: a page that changes its colours while it loads flickers.
const chosen = localStorage.getItem("theme");
if (chosen) document.documentElement.dataset.theme = chosen;
