// The previews follow the typing, as HTML or as plain text, whichever was asked for last.
"use strict";

const mails = document.getElementById("mails");
const PAUSE = 500; // milliseconds after the last key
const shownAs = {};
const timers = {};

mails.addEventListener("input", (event) => {
  const kind = event.target.name.split("-")[0];
  if (!document.querySelector(`iframe[name="mail-${kind}"]`)) return;
  clearTimeout(timers[kind]);
  timers[kind] = setTimeout(() => {
    const frame = document.querySelector(`iframe[name="mail-${kind}"]`);
    const button = mails.querySelector(`[formtarget="${frame.name}"][value="${shownAs[kind] || "html"}"]`);
    mails.requestSubmit(button);
  }, PAUSE);
});

for (const button of mails.querySelectorAll("[formtarget]")) {
  button.addEventListener("click", () => { shownAs[button.formTarget.slice(5)] = button.value; });
}
