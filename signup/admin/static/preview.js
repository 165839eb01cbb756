// The preview beside an editor follows the typing. Without this file the page's own button does the same.
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
    if (value instanceof File || name === "began") continue; // the preview shows no file and no past
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

for (const button of document.querySelectorAll("[formtarget=preview]")) {
  button.hidden = true; // the preview refreshes by itself
}
for (const hint of document.querySelectorAll("[data-static]")) hint.hidden = true;

if (editor.dataset.stale || !document.querySelector("iframe[name=preview][src]")) refresh();
