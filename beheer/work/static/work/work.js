// Keys in the list of work: j and k move, o opens, x picks. Everything works without it.
"use strict";
let place = -1;
const rows = () => [...document.querySelectorAll(".list-part tbody tr")];
function go(step) {
  const all = rows();
  if (!all.length) return;
  all.forEach((row) => row.classList.remove("here"));
  place = Math.min(all.length - 1, Math.max(0, place + step));
  all[place].classList.add("here");
  all[place].scrollIntoView({ block: "nearest" });
  all[place].querySelector("a")?.focus({ preventScroll: true });
}
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = rows()[place];
  if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
  else if (event.key === "o") row?.querySelector("a")?.click();
  else if (event.key === "x") row?.querySelector("input[type=checkbox]")?.click();
});
document.addEventListener("htmx:afterSwap", () => (place = -1));
