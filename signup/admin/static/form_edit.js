// The preview follows the typing; colours get a picker. Without this file the page's own buttons do the same.
"use strict";

const editor = document.getElementById("editor");
const PAUSE = 500; // milliseconds after the last key

let timer;
let round = 0;
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    if (event.target.form !== editor) return;
    clearTimeout(timer);
    timer = setTimeout(refresh, kind === "change" ? 0 : PAUSE);
  });
}

// Each round draws into a frame of its own, which takes the old one's place when it is ready:
// no flicker, and no entry in the browser's history.
function refresh() {
  const old = document.querySelector("iframe[name^=preview]");
  const fresh = old.cloneNode();
  round += 1;
  fresh.removeAttribute("src");
  fresh.name = `preview-${round}`;
  fresh.classList.add("waiting");
  old.after(fresh);
  const copy = document.createElement("form");
  copy.method = "post";
  copy.action = editor.dataset.preview;
  copy.target = fresh.name;
  copy.hidden = true;
  for (const [name, value] of new FormData(editor)) {
    if (value instanceof File) continue; // the preview shows no file
    const field = document.createElement("input");
    field.name = name;
    field.value = value;
    if (String(value).includes("\n")) {
      const area = document.createElement("textarea");
      area.name = name;
      area.value = value;
      copy.append(area);
    } else copy.append(field);
  }
  fresh.addEventListener("load", () => {
    for (const frame of document.querySelectorAll("iframe[name^=preview]")) {
      if (frame !== fresh && Number(frame.name.slice(8) || 0) < Number(fresh.name.slice(8))) frame.remove();
    }
    fresh.classList.remove("waiting");
  });
  document.body.append(copy);
  copy.submit();
  copy.remove();
}

// The list, the language and the kind decide what untouched texts say: the server tells them anew, in place.
const settle = document.querySelector("#settle");
settle.querySelector("button").hidden = true;
let asking = new AbortController();
for (const name of ["mailing_list", "language", "kind"]) {
  editor.elements[name].addEventListener("change", async () => {
    const body = new FormData(editor);
    body.set("do", "settle");
    body.delete("incentive");
    asking.abort(); // an earlier choice: its answer would be for another list or language
    const { signal } = (asking = new AbortController());
    const answer = await fetch(location.href, { method: "POST", body, signal }).catch(() => null);
    const page = answer?.ok && (await answer.text().catch(() => ""));
    if (signal.aborted) return;
    if (!page) {
      settle.querySelector("button").hidden = false;
      return;
    }
    const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("#editor");
    let told = 0;
    for (const field of editor.querySelectorAll("input:not([type=checkbox], [type=radio], [type=file]), textarea")) {
      const other = field.name && field.name !== "csrf_token" && fresh?.elements[field.name];
      // What was typed while the answer was on its way stays.
      if (!other || body.get(field.name) !== field.value || other.value === field.value) continue;
      field.value = other.value;
      told += field.type !== "hidden";
    }
    if (told) settle.querySelector("[role=status]").textContent = settle.dataset.told;
    refresh();
  });
}

for (const button of document.querySelectorAll("[formtarget=preview]")) {
  button.hidden = true; // the preview refreshes by itself
}
for (const hint of document.querySelectorAll("[data-static]")) hint.hidden = true;

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

if (editor.dataset.stale || !document.querySelector("iframe[name=preview][src]")) refresh();
