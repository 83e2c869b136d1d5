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

// How many are picked, and all of them at once.
const boxes = () => [...document.querySelectorAll(".list-part input[name=number]")];
const pickAll = document.querySelector("[data-pick-all]");
function count() {
  const picked = boxes().filter((box) => box.checked).length;
  document.querySelector("[data-picked]")?.replaceChildren(picked ? String(picked) : "");
  document.getElementById("bulk")?.classList.toggle("some", picked > 0);
}
if (pickAll) {
  pickAll.hidden = false;
  pickAll.addEventListener("click", () => {
    const all = boxes();
    const pick = !all.every((box) => box.checked);
    all.forEach((box) => (box.checked = pick));
    count();
  });
}
document.addEventListener("change", (event) => event.target.name === "number" && count());
document.addEventListener("htmx:afterSwap", () => {
  place = -1;
  count();
});
count();
