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

  // A telephone or postal code that looks wrong is told beside its field; it can be sent all the same.
  const watched = (form.dataset.watched || "").split(" ");
  const showHints = (hints) => {
    for (const [key, text] of Object.entries(hints)) {
      const input = form.elements[key];
      let place = document.getElementById(`${key}-look`);
      if (!place) {
        place = document.createElement("p");
        place.id = `${key}-look`;
        place.className = "help look";
        place.setAttribute("role", "status");
        input.after(place);
      }
      place.textContent = text;
    }
  };
  let asked = 0;
  form.addEventListener("change", async ({ target }) => {
    if (!watched.includes(target.name)) return;
    const body = new URLSearchParams({ lang: document.documentElement.lang });
    for (const key of watched) if (form.elements[key]?.value) body.set(key, form.elements[key].value);
    const mine = ++asked;
    const answer = await fetch(form.dataset.hints, { method: "POST", body }).catch(() => null);
    if (!answer?.ok || mine !== asked) return;
    const { hints } = await answer.json();
    const silent = watched.filter((key) => document.getElementById(`${key}-look`)).map((key) => [key, ""]);
    showHints({ ...Object.fromEntries(silent), ...hints });
  });

  const restore = (typed) => {
    for (const input of form.elements) {
      if (!input.name || ours.includes(input.name)) continue;
      const values = typed.filter(([name]) => name === input.name).map(([, value]) => value);
      if (input.type === "checkbox" || input.type === "radio") input.checked = values.includes(input.value);
      else if (values.length) input.value = values[0];
    }
  };
  try {
    const kept = sessionStorage.getItem(drafts); // first: where storage is closed, nothing is to be kept on submit either
    form.addEventListener("submit", () => {
      const typed = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !ours.includes(name));
      sessionStorage.setItem(drafts, JSON.stringify(typed));
    });
    if (returns && kept) {
      restore(JSON.parse(kept));
      form.elements.email.focus();
      form.elements.email.select();
    }
    sessionStorage.removeItem(drafts);
    sessionStorage.removeItem("signup-address"); // what was sent there was mistyped
  } catch {
    // storage is closed in this browser: the form begins empty, as it does without a script
  }
})();
