// @ts-check
// A sign-up form on somebody else's page: <script async src="…/embed.js" data-form="ID"></script>.
//
// One shadow root a form, no markup from strings, no inline style, no cookie: it works under
// `default-src 'none'; script-src HOST; connect-src HOST`. Every word comes from the service. docs/embedding.md.
/** @import { Answer, Definition, Question } from "./embed.d.ts" */
import styles from "./embed.css";
import { prove } from "./proof.js";
import { triggers } from "./triggers.js";
import { meant } from "./typo.js";

const CHECK_AFTER_MS = 500;
const AGAIN_AFTER_MS = 6e4;
const BUSY_WAIT_MS = 3e3;
const DAY_MS = 864e5;

/** Whether a visit was interrupted already, where the browser lets us remember nothing. */
let interrupted = false;

/** @type {Record<string, { open(asked: boolean): void, close(): void }>} */
const forms = {};
const taken = new WeakSet();
const started = new Set();

/**
 * An element; names with a dash are attributes.
 * @param {string} tag
 * @param {Record<string, any>} [given]
 * @param {(Node | string | false | null | undefined | "")[]} children
 */
const make = (tag, given = {}, ...children) => {
  const made = /** @type {any} */ (document.createElement(tag));
  for (const name in given) name in made ? (made[name] = given[name]) : made.setAttribute(name, given[name]);
  made.append(...children.filter((child) => child));
  return made;
};

/** @param {string} url @param {string} text @param {string} [className] */
const link = (url, text, className = "") => make("a", { href: url, target: "_blank", rel: "noopener", className }, text);

/** @param {string} text @param {string} className @param {(event: Event) => void} onclick */
const press = (text, className, onclick) => make("button", { type: "button", className, onclick }, text);

/**
 * Remember a time under this list's name, or tell the one remembered; a blocked storage remembers nothing.
 * @param {string} group
 * @param {number} [until]
 */
const memory = (group, until) => {
  try {
    const key = `signup:${group}`;
    return until ? (localStorage[key] = until) : localStorage[key];
  } catch {}
};

/** At most one interruption a visit, over all forms of a site. */
const interrupt = () => {
  try {
    if (interrupted || sessionStorage.signup) return false;
    sessionStorage.signup = 1;
  } catch {
    // Nothing can be remembered from page to page: only the first page of a visit may be interrupted.
    if (interrupted || document.referrer.startsWith(location.origin)) return false;
  }
  return (interrupted = true);
};

/**
 * Put one form on the page.
 * @param {HTMLElement} place the script's own tag, or the element that was made for the form
 * @param {string} id
 */
const mount = async (place, id) => {
  const api = `${HOST}/f/${id}`;
  const isPlaced = place.tagName !== "SCRIPT";
  const { src = "" } = place.dataset;
  /** @type {Definition} */
  let definition;
  try {
    const query = new URLSearchParams({ lang: document.documentElement.lang, ...place.dataset });
    if (isPlaced && !place.dataset.mode) query.set("mode", "inline");
    const answer = await fetch(`${api}/embed?${query}`);
    definition = await answer.json();
    if (!answer.ok) throw (/** @type {any} */ (definition)).detail;
  } catch (problem) {
    console.error("Signup:", problem);
    if (isPlaced && !place.childNodes.length) place.append(link(api, api));
    return;
  }
  const { mode, words, title, group } = definition;
  const isInline = mode === "inline";
  const isPhone = () => matchMedia("(max-width:600px)").matches;

  const home = isPlaced ? place : make("div");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles + definition.css);
  const root = home.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  const card = make("div", { className: "c" });
  const dialog = /** @type {HTMLDialogElement} */ (
    isInline ? card : make("dialog", { className: mode === "slide-in" ? "s" : "", "aria-labelledby": "t", "aria-describedby": "i" }, card)
  );
  const wrap = make("div", { className: isInline ? "w" : "w o", lang: definition.lang }, isInline && card);
  root.append(wrap);
  if (!isInline) home.style.display = "contents"; // an empty box would be one more gap in a grid
  if (!isPlaced) isInline && document.body.contains(place) ? place.after(home) : document.body.append(home);

  // What the page and the service are told

  /** @param {string} what */
  const emit = (what) =>
    home.dispatchEvent(new CustomEvent(`signup:${what}`, { bubbles: true, detail: { form: id, mode } }));

  /** @param {string} what */
  const tell = (what) => navigator.sendBeacon(`${api}/seen`, JSON.stringify({ what, src, lang: definition.lang }));

  let isSeen = false;
  const seen = () => {
    if (isSeen) return;
    isSeen = true;
    emit("view");
    tell("view");
  };

  /**
   * @param {string} path
   * @param {URLSearchParams} body
   * @param {number} [tries]
   * @returns {Promise<[boolean, Answer]>}
   */
  const post = async (path, body, tries = 3) => {
    const answer = await fetch(api + path, { method: "POST", headers: { Accept: "application/json" }, body });
    /** @type {Answer} */
    const told = await answer.json();
    if (answer.status !== 428 || !tries) return [answer.ok, told];
    body.set("proof", await prove(told.challenge, told.bits));
    return post(path, body, tries - 1);
  };

  // Appearing and going

  /** @type {HTMLElement | null} */
  let before = null;
  home.addEventListener("focusin", (event) => (before = /** @type {HTMLElement | null} */ (event.relatedTarget)));

  const gone = () => {
    teaser.remove();
    before?.focus();
    before = null;
  };
  const close = () => (dialog.open ? dialog.close() : teaser.isConnected && gone());

  /** @param {boolean} asked by the visitor: then it is the whole form, at once */
  const open = (asked) => {
    if (isInline) return card.scrollIntoView({ block: "nearest" });
    if (!wrap.contains(dialog)) wrap.append(dialog);
    if (dialog.open) return;
    asked ||= mode === "pop-up" && !isPhone();
    if (!asked && (mode === "bar" || isPhone())) wrap.append(teaser);
    else if (mode !== "slide-in" || isPhone()) dialog.showModal();
    else if (asked) dialog.show();
    else dialog.open = true; // beside what is being read: the focus stays there
    if (dialog.open) teaser.remove();
    if (asked) card.querySelector("input")?.focus();
    seen();
  };

  const cross = () => make("button", { type: "button", className: "x", ariaLabel: words.close, onclick: close }, "×");

  const teaser = make(
    "section",
    { className: "t", "aria-label": title },
    make("div", {}, make("h2", {}, title), definition.intro && make("p", {}, definition.intro)),
    press(definition.button, "m", () => open(true)),
    cross(),
  );

  // The states of the card

  /**
   * Show something else in the card.
   * @param {string} heading
   * @param {(Node | string | false | null | undefined | "")[]} children
   */
  const fill = (heading, ...children) => {
    wrap.style.minHeight = `${wrap.offsetHeight}px`; // nothing below moves
    const top = make("h2", { id: "t", tabIndex: -1 }, heading);
    card.replaceChildren(...[!isInline && cross(), top, ...children].filter((child) => child));
    return top;
  };

  /** @param {Question} question */
  const ask = ({ key, label, help, box, tag, options, choose = [], input }) => {
    const star = input.required && make("span", { className: "e", ariaHidden: "true" }, " *");
    const note = help && make("p", { className: "p", id: `${key}-p` }, help);
    const described = help ? { "aria-describedby": `${key}-p` } : {};
    const one = (/** @type {Record<string, any>} */ more) =>
      make(tag || "input", { name: key, ...input, ...more }, ...choose.map(([value, text]) => make("option", { value }, text)));
    if (options) {
      const boxes = options.map(([value, text]) => make("label", { className: "k" }, one({ value }), text));
      return make("fieldset", { id: key, ...described }, make("legend", {}, label, star), note, ...boxes);
    }
    const field = one({ id: key, ...described });
    const text = box ? make("span", {}, label, star) : make("b", {}, label, star);
    return make("div", { className: "f" }, make("label", box ? { className: "k" } : {}, ...(box ? [field, text] : [text, field])), note);
  };

  /**
   * A form of our own: sends itself once at a time, and shows what is wrong at the inputs.
   * @param {string} path
   * @param {Record<string, string>} more
   * @param {string} button
   * @param {(told: Answer, body: URLSearchParams) => void} then
   * @param {Node[]} children
   */
  const sender = (path, more, button, then, ...children) => {
    let isBusy = false;
    const send = make("button", { className: "m" }, button);
    const form = make("form", { noValidate: true }, ...children, send);
    form.onsubmit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (isBusy) return;
      isBusy = send.ariaDisabled = true;
      for (const old of form.querySelectorAll("p.e")) old.remove();
      for (const old of form.querySelectorAll("[aria-invalid]")) old.ariaInvalid = null;
      const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
      for (const name in more) body.set(name, more[name]);
      try {
        const [isFine, told] = await post(path, body);
        isFine ? then(told, body) : blame(form, send, told);
      } catch {
        send.before(make("p", { className: "e", role: "alert" }, `${words.failed} `, link(definition.url, definition.url)));
      }
      isBusy = false;
      send.ariaDisabled = null;
    };
    return form;
  };

  /** @param {HTMLFormElement} form @param {HTMLElement} send @param {Answer} told */
  const blame = (form, send, { errors = {}, detail }) => {
    let first;
    for (const key in errors) {
      const input = /** @type {HTMLElement | null} */ (form.querySelector(`[id="${key}"]`));
      if (!input) detail = errors[key];
      else {
        input.ariaInvalid = "true";
        input.setAttribute("aria-describedby", `${key}-e ${key}-p`);
        (input.closest(".f") || input).append(make("p", { className: "e", id: `${key}-e` }, errors[key]));
        first ||= input.matches("fieldset") ? input.querySelector("input") : input;
      }
    }
    if (detail || !first) send.before(make("p", { className: "e", role: "alert" }, detail || words.problems));
    first?.focus();
  };

  const first = () => {
    const fields = definition.fields.map(ask);
    const consents = definition.consents.map(({ key, text, who, privacy, input }) =>
      make(
        "div",
        { className: "f" },
        ask({ key, label: text, box: true, input }).firstChild,
        make("p", { className: "p", id: `${key}-p` }, `${who} · `, link(privacy, words.privacy)),
      ),
    );
    // Out of sight, out of the tab order, and of no kind that a password manager would fill.
    const trap = make("input", { name: "leave_empty", tabIndex: -1, autocomplete: "off", hidden: true });
    const more = { token: definition.token, lang: definition.lang, page: location.href, referrer: document.referrer, src };
    const form = sender("", more, definition.button, pending, ...fields, trap, ...consents);
    definition.row && trap.before(/** @type {Node} */ (form.lastChild)); // the button, beside the inputs
    form.append(make("p", { className: "p" }, words.note));
    const email = fields[0].querySelector("input");
    const hint = make("div", { role: "status" });
    fields[0].append(hint);
    let timer = 0;
    form.oninput = (/** @type {any} */ event) => {
      event.target.ariaInvalid = null;
      root.getElementById(`${event.target.name}-e`)?.remove();
      clearTimeout(timer);
      if (event.target === email) timer = setTimeout(suggest, CHECK_AFTER_MS);
    };
    form.addEventListener("input", () => tell("start"), { once: true });
    const suggest = () => {
      const address = meant(email.value, definition.domains);
      const accept = () => {
        email.value = address;
        email.focus();
        hint.replaceChildren();
      };
      hint.replaceChildren(address ? press(words.hint.replace("%s", address), "q", accept) : "");
    };
    form.addEventListener("submit", () => emit("submit"));
    fill(title, definition.intro && make("p", { id: "i" }, definition.intro), form);
  };

  /** @param {Answer} told @param {URLSearchParams} body */
  const pending = ({ signup, mailbox }, body) => {
    emit(signup ? "pending" : "sent");
    signup && memory(group, Infinity);
    const note = make("div", { className: "p", role: "status" });
    const lead = make("p", { id: "code-p" }, signup ? words.sent_text : words.told, make("br"), make("b", {}, body.get("email")));
    if (!definition.code || !signup) return fill(words.sent, lead).focus();
    const code = ask({
      key: "code",
      label: words.code,
      input: { inputMode: "numeric", autocomplete: "one-time-code", maxLength: 9, className: "n", "aria-describedby": "code-p" },
    });
    const form = sender("/code", { signup, lang: definition.lang }, words.confirm, confirmed, code);
    const digits = code.querySelector("input");
    digits.oninput = () => /^\s*(\d\s?){6}$/.test(digits.value) && form.requestSubmit();
    const again = press(words.again, "q", async () => {
      again.ariaDisabled ||
        note.replaceChildren((await post("/again", new URLSearchParams({ signup })).catch(() => []))[1]?.detail || words.failed);
      again.ariaDisabled = "true";
      setTimeout(() => (again.ariaDisabled = null), AGAIN_AFTER_MS);
    });
    const wrong = press(words.wrong, "q", () => {
      card.replaceChildren(...kept);
      card.querySelector("input").focus();
    });
    const kept = [...card.children];
    fill(
      words.sent,
      lead,
      form,
      mailbox && link(mailbox.url, words.open.replace("%s", mailbox.name), "m v"),
      make("p", { className: "p" }, words.no_mail),
      make("div", {}, again, wrong),
      note,
    );
    digits.focus();
  };

  /** @param {Answer} told */
  const confirmed = ({ download, incentive, later }) => {
    emit("confirmed");
    const { kind, name = "", code, text } = incentive || {};
    const gift = download
      ? make("a", { href: download, target: kind === "link" ? "_blank" : "", className: "m" }, words.download.replace("%s", name))
      : incentive && make("p", {}, `${name}: `, make("b", {}, code || text));
    const thanks = () => more.replaceChildren(make("p", { role: "status" }, words.saved));
    const more = make("div");
    if (later) {
      more.append(
        make("h2", { className: "l" }, words.later),
        sender("/answers", { token: later.token }, words.save, thanks, ...later.fields.map(ask)),
      );
    }
    fill(words.confirmed, gift, download && make("p", { className: "p" }, words.kept), more).focus();
  };

  first();

  // When

  if (isInline) {
    const watch = new IntersectionObserver(
      ([entry]) => {
        if (!entry.isIntersecting) return;
        watch.disconnect();
        seen();
      },
      { threshold: 0.3 },
    );
    watch.observe(card);
    forms[id] ||= { open, close };
    return;
  }
  forms[id] = { open, close };
  /** @type {EventTarget | null} */
  let pressed;
  dialog.onpointerdown = ({ target }) => (pressed = target);
  // The press and the release both outside: whoever marks a text and slips stays.
  dialog.addEventListener("click", ({ target }) => target === dialog && pressed === dialog && close());
  dialog.onclose = gone;
  document.addEventListener("keydown", ({ key }) => key === "Escape" && close());

  let isFired = false;
  const fire = () => {
    if (isFired || Date.now() < memory(group) || dialog.open) return;
    if (document.activeElement?.matches("input,textarea,select")) return void setTimeout(fire, BUSY_WAIT_MS);
    isFired = true;
    if (!interrupt()) return;
    memory(group, Date.now() + definition.pause * DAY_MS);
    open(false);
  };
  for (const [on, value, selector] of definition.triggers) {
    if (on === "click") {
      document.addEventListener("click", (event) => {
        if (!(/** @type {Element} */ (event.target)).closest(selector)) return;
        event.preventDefault();
        open(true);
      });
    } else if (RegExp(definition.paths).test(location.pathname)) triggers[on](fire, value);
  }
};

/** Put every form that the page asks for where it asks for it; what is there already stays. */
const scan = () => {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-signup-form]"))) {
    const id = place.dataset.signupForm || "";
    started.add(id);
    if (!taken.has(place)) mount(place, id);
    taken.add(place);
  }
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("script[data-form][src*='/embed.js']"))) {
    const id = place.dataset.form || "";
    if (!started.has(id)) mount(place, id);
    started.add(id);
  }
};

const own = /** @type {HTMLScriptElement} */ (document.currentScript || document.querySelector('script[src*="/embed.js"]'));
const HOST = new URL(own.src).origin;

// Loaded twice, the first one does the work.
if (!window.Signup) {
  window.Signup = { scan, open: (id) => forms[id]?.open(true), close: (id) => forms[id]?.close() };
  // A hosted page in a frame says how high it is.
  addEventListener("message", ({ data, origin, source }) => {
    if (origin !== HOST || !data.signup) return;
    for (const frame of document.querySelectorAll("iframe")) {
      if (frame.contentWindow === source) frame.style.height = `${data.height}px`;
    }
  });
}
const start = window.Signup.scan;
document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", start) : start();
