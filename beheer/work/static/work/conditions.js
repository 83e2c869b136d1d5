// Questions of a form that wait for an answer are hidden until it is given. Without script all are shown, with their condition.
"use strict";
for (const place of document.querySelectorAll("[data-conditions]")) {
  const conditions = JSON.parse(place.dataset.conditions);
  const form = place.querySelector("form");
  const inputs = (name) => [...form.elements].filter((input) => input.name === name);
  const answers = (name) =>
    inputs(name)
      .filter((input) => !["radio", "checkbox"].includes(input.type) || input.checked)
      .map((input) => input.value);
  const frame = (name) => inputs(name)[0]?.closest(".field");
  const renew = () => {
    const hidden = new Set();
    for (const [name, waits] of Object.entries(conditions)) {
      const asked = Object.entries(waits).every(
        ([other, wanted]) => !hidden.has(other) && answers(other).some((answer) => wanted.includes(answer)),
      );
      if (!asked) hidden.add(name);
      const field = frame(name);
      if (field) field.hidden = !asked;
    }
  };
  form.addEventListener("input", renew);
  form.addEventListener("change", renew);
  renew();
}
