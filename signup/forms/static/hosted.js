// The hosted form's page: tells that it was seen and begun, and keeps what was typed for who mistyped the address.
// What was typed stays in this tab (sessionStorage) and is never sent but by the form itself.
"use strict";
(() => {
  const form = document.querySelector("form[data-seen]");
  const drafts = `signup:${location.pathname}`;
  const ours = ["token", "leave_empty"];
  const returns = location.hash === "#again";

  const tell = (what) => {
    const src = new URLSearchParams(location.search).get("src") || "";
    navigator.sendBeacon(form.dataset.seen, JSON.stringify({ what, src, lang: document.documentElement.lang }));
  };
  const see = () => {
    if (document.visibilityState !== "visible" || document.prerendering) return;
    document.removeEventListener("visibilitychange", see);
    document.removeEventListener("prerenderingchange", see);
    tell("view");
  };
  if (!returns && form.dataset.first) {
    document.addEventListener("visibilitychange", see);
    document.addEventListener("prerenderingchange", see);
    form.addEventListener("input", () => tell("start"), { once: true });
    see();
  }

  const restore = (typed) => {
    for (const input of form.elements) {
      if (!input.name || ours.includes(input.name)) continue;
      const values = typed.filter(([name]) => name === input.name).map(([, value]) => value);
      if (input.type === "checkbox" || input.type === "radio") input.checked = values.includes(input.value);
      else if (values.length) input.value = values[0];
    }
  };
  try {
    form.addEventListener("submit", () => {
      const typed = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !ours.includes(name));
      sessionStorage.setItem(drafts, JSON.stringify(typed));
    });
    const kept = sessionStorage.getItem(drafts);
    if (returns && kept) {
      restore(JSON.parse(kept));
      form.elements.email.focus();
      form.elements.email.select();
    }
    sessionStorage.removeItem(drafts);
  } catch {
    // storage is closed in this browser: the form begins empty, as it does without a script
  }
})();
