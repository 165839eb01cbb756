// Small comforts; every page works without them. No inline handlers: the content security policy forbids them.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // plain http has no clipboard API
    }
    const word = button.querySelector("span");
    const before = word.textContent;
    word.textContent = button.dataset.done;
    setTimeout(() => { word.textContent = before; }, 2000);
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Long work: fetch this page again and swap the marked part, until it is no longer marked.
async function poll(id, pause) {
  await new Promise((resolve) => { setTimeout(resolve, pause); });
  const part = document.getElementById(id);
  if (!part) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
    if (!answer.ok || !fresh) return;
    if (!part.contains(document.activeElement)) part.replaceWith(document.adoptNode(fresh));
    if (!fresh.dataset.poll) return;
  } catch {
    // the network is away for a moment: the next round may find it
  }
  poll(id, pause);
}
for (const part of document.querySelectorAll("[data-poll]")) poll(part.id, Number(part.dataset.poll));

// The row that an operator clicks opens; keyboards use the link inside it.
document.addEventListener("click", (event) => {
  const row = event.target.closest("tr.row");
  if (!row || event.target.closest("a, button, input, select, summary, label") || getSelection().toString()) return;
  const link = row.querySelector("a.person");
  if (link) link.click();
});

// A form that counts: what it would answer is fetched while it is filled in, and only the marked part is taken.
for (const form of document.querySelectorAll("form[data-counts]")) {
  let timer = 0;
  let asking = null;
  const count = async (what) => {
    if (asking) asking.abort();
    asking = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    body.set("do", what);
    try {
      const answer = await fetch(location.href, { method: "POST", body, headers: { Accept: "text/html" }, signal: asking.signal });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(form.dataset.counts);
      const shown = document.getElementById(form.dataset.counts);
      if (answer.ok && fresh && shown) shown.replaceChildren(...document.adoptNode(fresh).childNodes);
      // What would have taken long is only a lower bound yet: the whole figure follows when nothing more is typed.
      if (what === "count" && shown?.querySelector("button[value=exact]")) timer = setTimeout(count, 1500, "exact");
    } catch {
      // asked again meanwhile, or the network is away: the Count button is still there
    }
  };
  form.addEventListener("input", (event) => {
    if (event.target.name.endsWith(".new")) return;
    clearTimeout(timer);
    timer = setTimeout(count, 400, "count");
  });
}

// A search among many options hides the others while one types; without it, its button asks the service.
for (const search of document.querySelectorAll("[data-filters]")) {
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const box = search.closest(".options");
  search.nextElementSibling.hidden = true;
  search.addEventListener("input", () => {
    const wanted = plain(search.value.trim());
    for (const tick of box.querySelectorAll(".tick")) {
      tick.hidden = !(plain(tick.textContent).includes(wanted) || tick.querySelector("input").checked);
    }
    for (const group of box.querySelectorAll("details")) {
      group.hidden = !group.querySelector(".tick:not([hidden])");
      if (wanted) group.open = true;
    }
  });
}

// One tick for all of the page; and how many are ticked.
for (const all of document.querySelectorAll("[data-ticks]")) {
  const ticks = [...document.querySelectorAll(`input[name="${all.dataset.ticks}"]`)];
  const said = document.querySelector("[data-ticked]");
  for (const part of [all, ...all.labels, said]) if (part) part.hidden = false;
  const show = () => {
    const n = ticks.filter((one) => one.checked).length;
    all.checked = n === ticks.length;
    all.indeterminate = n > 0 && n < ticks.length;
    if (said) said.textContent = said.dataset.ticked.replace("#", n);
  };
  all.addEventListener("change", () => { for (const tick of ticks) tick.checked = all.checked; show(); });
  for (const tick of ticks) tick.addEventListener("change", show);
  show();
}

// A menu closes by Escape, and when something beside it is pressed.
const closeMenus = (but) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== but) menu.open = false;
};
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement.closest("details.menu[open]");
  if (menu) { menu.open = false; menu.firstElementChild.focus(); }
  // Arrows go from row to row; Enter opens the one in focus, as it is a link.
  const row = ["ArrowDown", "ArrowUp"].includes(event.key) && document.activeElement.closest("tr.row");
  const other = row && document.activeElement.matches("a.person") && (event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling);
  const link = other && other.querySelector("a.person");
  if (link) { event.preventDefault(); link.focus(); }
});

// Ctrl+K or "/" opens the search over everything; what is found is fetched from its page while somebody types.
const finder = document.getElementById("finder");
if (finder) {
  const [input, found] = [finder.querySelector("input"), finder.querySelector(".found")];
  let timer = 0;
  let asking = null;
  for (const hint of document.querySelectorAll("[data-finds]")) hint.hidden = false;
  const find = async () => {
    if (asking) asking.abort();
    asking = new AbortController();
    try {
      const page = `${input.form.action}?${new URLSearchParams({ q: input.value })}`;
      const answer = await fetch(page, { headers: { Accept: "text/html" }, signal: asking.signal });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("found");
      if (fresh) found.replaceChildren(...document.adoptNode(fresh).childNodes);
    } catch {
      // asked again meanwhile, or the network is away: Enter still leads to the page
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, 200);
  });
  finder.querySelector("[data-close]").addEventListener("click", () => finder.close());
  finder.addEventListener("click", (event) => { if (event.target === finder) finder.close(); });
  finder.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stops = [input, ...found.querySelectorAll("a")];
    stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
  });
  document.addEventListener("keydown", (event) => {
    const isShortcut = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
    const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, textarea, select, [contenteditable]");
    if (!isShortcut && !isSlash) return;
    event.preventDefault();
    if (!finder.open) finder.showModal();
    input.select();
  });
}
