// Pictures for a letter: chosen, dropped or pasted; put in where the caret is. Without this file the page's own button
// puts them at the end.
"use strict";

const panel = document.querySelector("#pictures");
const letter = document.querySelector("#editor textarea[name=body]");
const [file, words] = panel.querySelectorAll("input");
const [add, problem, status] = ["button", "[role=alert]", "[role=status]"].map((part) => panel.querySelector(part));

const tell = (wrong, said = "") => {
  problem.hidden = !wrong;
  problem.textContent = wrong;
  status.textContent = said;
};

// The words are asked for before anything is sent.
function take(files) {
  const picture = [...files].find((one) => one.type.startsWith("image/"));
  if (!picture) return false;
  const chosen = new DataTransfer();
  chosen.items.add(picture);
  file.files = chosen.files;
  tell("", panel.dataset.dropped);
  words.focus();
  return true;
}

letter.addEventListener("dragover", (event) => {
  if (![...event.dataTransfer.types].includes("Files")) return;
  event.preventDefault();
  letter.classList.add("dropping");
});
for (const kind of ["dragleave", "drop"]) letter.addEventListener(kind, () => letter.classList.remove("dropping"));
letter.addEventListener("drop", (event) => {
  if (event.dataTransfer.files.length && take(event.dataTransfer.files)) event.preventDefault();
});
letter.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length && take(event.clipboardData.files)) event.preventDefault();
});

words.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  add.click();
});

add.addEventListener("click", async (event) => {
  event.preventDefault();
  if (add.disabled) return;
  const body = new FormData();
  body.set("csrf_token", letter.form.elements.csrf_token.value);
  body.set("picture_alt", words.value);
  if (file.files[0]) body.set("picture_file", file.files[0]);
  add.disabled = true;
  const answer = await fetch(panel.dataset.upload, { method: "POST", body }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  add.disabled = false;
  if (!told?.markdown) {
    tell(told?.problem || panel.dataset.failed);
    (file.files[0] ? words : file).focus();
    return;
  }
  put(told.markdown);
  file.value = words.value = "";
  tell("");
});

// Alone in its paragraph; as if it were typed, so that it can be undone.
function put(markdown) {
  const before = letter.value.slice(0, letter.selectionStart);
  const after = letter.value.slice(letter.selectionEnd);
  const gap = (end) => (end === "" || /\n\s*\n$/.test(end) ? "" : /\n$/.test(end) ? "\n" : "\n\n");
  const text = `${gap(before)}${markdown}${after.startsWith("\n\n") ? "" : "\n\n"}`;
  letter.focus();
  if (!document.execCommand("insertText", false, text)) letter.setRangeText(text, letter.selectionStart, letter.selectionEnd, "end");
  letter.dispatchEvent(new Event("input", { bubbles: true }));
}
