// A card can be dragged to a state that one of its steps leads to. The menu of steps on each card does the same without.
"use strict";
let held = null;
const lanes = [...document.querySelectorAll(".lane[data-state]")];
const stepsTo = (card, lane) => [...card.querySelectorAll("button[data-to]")].filter((one) => one.dataset.to === lane.dataset.state);
const clear = () => lanes.forEach((lane) => lane.classList.remove("can", "over"));
for (const card of document.querySelectorAll(".board .work-card")) {
  if (!card.querySelector("button[data-to]")) continue;
  card.draggable = true;
  card.querySelectorAll("a").forEach((link) => (link.draggable = false));
  card.addEventListener("dragstart", (event) => {
    held = card;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.querySelector("a").textContent);
    lanes.forEach((lane) => lane.classList.toggle("can", !lane.contains(card) && stepsTo(card, lane).length > 0));
  });
  card.addEventListener("dragend", () => {
    held = null;
    clear();
  });
}
for (const lane of lanes) {
  lane.addEventListener("dragover", (event) => {
    if (!held || !lane.classList.contains("can")) return;
    event.preventDefault();
    lane.classList.add("over");
  });
  lane.addEventListener("dragleave", (event) => {
    if (!lane.contains(event.relatedTarget)) lane.classList.remove("over");
  });
  lane.addEventListener("drop", (event) => {
    if (!held || !lane.classList.contains("can")) return;
    event.preventDefault();
    const steps = stepsTo(held, lane);
    clear();
    if (steps.length === 1) steps[0].click();
    else {
      held.querySelector("details").open = true; // more than one step leads there: the person chooses
      steps[0].focus();
    }
  });
}
