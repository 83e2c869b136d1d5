// A text to answer with is put in its box without loading the page again. Without script the button sends the form.
"use strict";
for (const place of document.querySelectorAll(".use-template[data-url]")) {
  const box = document.getElementById(place.dataset.fill);
  const choice = place.querySelector("select");
  place.querySelector("button")?.addEventListener("click", async (event) => {
    if (!choice.value || !box) return;
    const button = event.currentTarget;
    event.preventDefault();
    const answer = await fetch(place.dataset.url + encodeURIComponent(choice.value)).catch(() => null);
    if (!answer?.ok) {
      place.replaceWith(place.cloneNode(true)); // what listens is gone: now the button sends the form
      document.querySelector(`[data-fill="${place.dataset.fill}"] button`)?.click();
      return;
    }
    const { text } = await answer.json();
    box.value = [box.value.trimEnd(), text].filter(Boolean).join("\n\n");
    box.rows = Math.max(box.rows, 10);
    const reply = button.form.querySelector("input[name=kind][value=reply]:not(:disabled)");
    if (reply) reply.checked = true;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  });
}
