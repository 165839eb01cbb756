// @ts-check
// The hosted page: a hint for a mistyped address, and its height for a frame around it.
import { meant } from "./typo.js";

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-domains]"));
const frame = document.documentElement.dataset.frame;

/** What this tab sent, or nothing where the browser keeps nothing. @param {string} [address] */
const keep = (address) => {
  try {
    return address ? (sessionStorage["signup-address"] = address) : sessionStorage["signup-address"];
  } catch {}
};

const shown = document.querySelector("[data-address]");
if (shown) shown.textContent = keep() || "";

if (form) {
  const { domains = "", hint = "" } = form.dataset;
  const email = /** @type {HTMLInputElement} */ (form.elements.namedItem("email"));
  const place = document.createElement("div");
  place.setAttribute("role", "status");
  email.after(place);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const look = () => {
    const address = meant(email.value, domains);
    if (!address) return place.replaceChildren();
    const button = document.createElement("button");
    button.type = "button";
    button.className = "hint";
    button.textContent = hint.replace("…", address);
    button.onclick = () => {
      email.value = address;
      email.focus();
      place.replaceChildren();
    };
    place.replaceChildren(button);
  };
  // The page after sending shows it: a slip outside of the well-known providers is seen there. No address goes into a URL.
  form.addEventListener("submit", () => keep(email.value));
  form.addEventListener("input", ({ target }) => {
    const field = /** @type {HTMLInputElement} */ (target);
    document.getElementById(`${field.name}-error`)?.remove();
    field.removeAttribute("aria-invalid");
    field.closest("fieldset")?.removeAttribute("aria-invalid");
  });
  email.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 500);
  });
}

if (frame) {
  const main = /** @type {HTMLElement} */ (document.querySelector("main"));
  // The step after the form begins at its top: a browser leaves the page around a frame where it was.
  let next = !document.querySelector("[data-first]");
  new ResizeObserver(() => {
    parent.postMessage({ signup: frame, height: main.offsetHeight, next }, "*");
    next = false;
  }).observe(main);
}
