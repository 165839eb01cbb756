// Steps change without a reload, the texts follow the list, colours get a picker. The preview is in preview.js.
"use strict";

// A step is an address of its own, so that Back leads to the step before and a reload stays.
const steps = [...editor.querySelectorAll(".step")];
function show(name, says = true) {
  const step = steps.find((one) => one.id === name);
  if (!step) return;
  for (const one of steps) one.hidden = one !== step;
  for (const button of document.querySelectorAll(".editor-steps button")) {
    if (button.value === `step:${name}`) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  }
  editor.elements.step.value = name;
  if (!says) return;
  step.querySelector("h2").focus({ preventScroll: true });
  document.querySelector(".editor-steps").scrollIntoView({ block: "start" });
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[value^='step:']");
  if (!button) return;
  event.preventDefault();
  const name = button.value.slice(5);
  if (name !== editor.elements.step.value) history.pushState(null, "", `?${withStep(name)}`);
  show(name);
});
function withStep(name) {
  const query = new URLSearchParams(location.search); // a new form's address names its preset too
  query.set("step", name);
  return query;
}
const first = editor.elements.step.value;
addEventListener("popstate", () => show(new URLSearchParams(location.search).get("step") || first));

// The list, the language and the kind decide what untouched texts say: the server tells them anew, in place.
const settle = document.querySelector("#settle");
settle.querySelector("button").hidden = true;
const KEPT = new Set(["csrf_token", "began", "step", "seen_version", "seen_draft"]);
let asking = new AbortController();
for (const name of ["mailing_list", "language", "kind"]) {
  editor.elements[name].addEventListener("change", async () => {
    const body = new FormData(editor);
    body.set("do", "settle");
    body.delete("incentive");
    asking.abort(); // an earlier choice: its answer would be for another list or language
    const { signal } = (asking = new AbortController());
    const answer = await fetch(editor.action, { method: "POST", body, signal }).catch(() => null);
    const page = answer?.ok && (await answer.text().catch(() => ""));
    if (signal.aborted) return;
    if (!page) {
      settle.querySelector("button").hidden = false;
      return;
    }
    const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("#editor");
    let told = 0;
    for (const field of editor.querySelectorAll("input:not([type=checkbox], [type=radio], [type=file]), textarea")) {
      const other = field.name && !KEPT.has(field.name) && fresh?.elements[field.name];
      // What was typed while the answer was on its way stays.
      if (!other || body.get(field.name) !== field.value || other.value === field.value) continue;
      field.value = other.value;
      told += field.type !== "hidden";
    }
    if (told) settle.querySelector("[role=status]").textContent = settle.dataset.told;
    refresh();
  });
}

for (const field of document.querySelectorAll("[data-colour]")) {
  const picker = document.createElement("input");
  picker.type = "color";
  picker.setAttribute("aria-label", document.querySelector(`label[for="${field.id}"]`).textContent.trim());
  const show = () => { picker.value = /^#[0-9a-f]{6}$/i.test(field.value) ? field.value : "#808080"; };
  show();
  picker.addEventListener("input", () => {
    field.value = picker.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.addEventListener("input", show);
  field.after(picker);
  picker.parentElement.classList.add("with-picker");
}
