// What a page gains by JavaScript: keys, zooming of charts by dragging, menus that close. Everything works without it.
"use strict";
document.documentElement.classList.add("scripted");

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
const keys = document.getElementById("keys");
const showKeys = () => keys && !keys.open && keys.showModal();

document.querySelectorAll("[data-keys]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", showKeys);
});

let waitsForPlace = false;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (waitsForPlace) {
    waitsForPlace = false;
    const link = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
    if (link) window.location.assign(link.href);
  } else if (event.key === "/") {
    const field = document.querySelector("[data-focus-key]");
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  } else if (event.key === "?") {
    showKeys();
  } else if (event.key === "g") {
    waitsForPlace = true;
    window.setTimeout(() => (waitsForPlace = false), 1500);
  }
});

// Menus close when the reader goes elsewhere.
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.account[open], details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll("details.account[open], details.menu[open]").forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});

// After a form was sent back, its summary of errors is read first.
document.querySelector("[data-focus]")?.focus();

// A button that does what cannot be undone asks first.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm || event.submitter?.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// Parts that refresh themselves wait while the reader is in them, and say so when the server does not answer.
const livePart = (event) => event.detail.elt?.closest?.("[data-live]");
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = livePart(event);
  const readerIsInside = part && part.contains(document.activeElement) && event.detail.requestConfig.triggeringEvent?.type !== "refresh";
  if (readerIsInside || (part && document.hidden)) event.preventDefault();
});
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => {
    livePart(event)?.querySelector(".stale")?.removeAttribute("hidden");
  });
}
// Whoever was signed out in the meantime gets the page to sign in, not a piece of it inside another page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const answered = new URL(event.detail.xhr.responseURL, window.location.href).pathname;
  if (answered !== "" && answered.startsWith("/account/")) {
    event.detail.shouldSwap = false;
    window.location.reload();
  }
});

// Charts: drag over a span of time to see only that.
const SMALLEST_PX = 8;

function plotEdges(figure) {
  const drawing = figure.querySelector(".drawing").getBoundingClientRect();
  const body = figure.querySelector(".chart-body").getBoundingClientRect();
  return { left: drawing.left, width: Math.max(1, drawing.width), inset: drawing.left - body.left };
}

function zoomTo(figure, from, until) {
  const since = Date.parse(figure.dataset.since);
  const length = Date.parse(figure.dataset.until) - since;
  const iso = (share) => new Date(since + share * length).toISOString().replace(/\.\d+Z$/, "Z");
  const url = new URL(window.location.href);
  url.searchParams.delete("range");
  url.searchParams.set("from", iso(from));
  url.searchParams.set("until", iso(until));
  window.location.assign(url);
}

function beginZoom(figure, down) {
  const edges = plotEdges(figure);
  const share = (event) => Math.min(1, Math.max(0, (event.clientX - edges.left) / edges.width));
  const first = share(down);
  const box = document.createElement("div");
  box.className = "zoom-box";
  const draw = (event) => {
    const [low, high] = [first, share(event)].sort((a, b) => a - b);
    box.style.left = `${edges.inset + low * edges.width}px`;
    box.style.width = `${(high - low) * edges.width}px`;
    figure.querySelector(".chart-body").append(box);
    return [low, high];
  };
  const end = (event) => {
    window.removeEventListener("pointermove", draw);
    window.removeEventListener("pointercancel", end);
    box.remove();
    if (event.type !== "pointerup" || Math.abs(event.clientX - down.clientX) < SMALLEST_PX) return;
    const [low, high] = draw(event);
    box.remove();
    zoomTo(figure, low, high);
  };
  window.addEventListener("pointermove", draw);
  window.addEventListener("pointerup", end, { once: true });
  window.addEventListener("pointercancel", end, { once: true });
}

document.addEventListener("pointerdown", (event) => {
  const body = event.target.closest?.(".chart[data-zoom] .chart-body");
  if (!body || event.button !== 0 || event.pointerType === "touch") return;
  event.preventDefault();
  beginZoom(body.closest(".chart"), event);
});
document.querySelectorAll(".chart[data-zoom]").forEach((figure) => figure.classList.add("zoomable"));
