// @ts-check
// A sign-up form on somebody else's page: <script async src="…/embed.js" data-form="ID"></script>.
//
// One shadow root a form, no markup from strings, no inline style, no cookie: it works under
// `default-src 'none'; script-src HOST; connect-src HOST`. Every word comes from the service. docs/embedding.md.
/** @import { Answer, Definition, Form, Question } from "./embed.d.ts" */
import styles from "./embed.css";
import { link, make, mark, press } from "./elements.js";
import { fits, interrupt, mayInterrupt, remember } from "./manners.js";
import { prove } from "./proof.js";
import { triggers } from "./triggers.js";
import { meant } from "./typo.js";

const CHECK_AFTER_MS = 500;
const LOOK_AGAIN_MS = 50;
const AGAIN_AFTER_MS = 6e4;
const BUSY_WAIT_MS = 3e3;
const CODE_MS = 18e5;
const DAY_MS = 864e5;

/** By their id; one that comes over the page has no place in it. @type {Record<string, Form>} */
const forms = {};
/** What a change of the page's path does to each form that comes over it. @type {(() => void)[]} */
const onMove = [];
const taken = new WeakSet();
const placed = new Set();
const started = new Set();
let path = location.pathname;

/** @param {string} id */
const isHere = (id) => forms[id] && forms[id].home?.isConnected !== false;

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
    const { lang } = document.documentElement;
    const query = new URLSearchParams({ lang, ...(isPlaced && { mode: "inline" }), ...place.dataset });
    const answer = await fetch(`${api}/embed?${query}`);
    definition = await answer.json();
    if (!answer.ok) throw (/** @type {any} */ (definition)).detail;
  } catch (problem) {
    console.error("Signup:", problem);
    if (isPlaced && !place.childNodes.length) place.append(link(api, api));
    return;
  }
  const { mode, words, title } = definition;
  const isInline = mode === "inline";
  if (!isInline && forms[id] && !forms[id].home) return; // it comes over any page: one is enough
  const isPhone = () => matchMedia("(max-width:600px),(max-height:500px)").matches;
  /** When the forms of this list may ask again: told by any of them. @param {number} [until] */
  const asks = (until) => remember("localStorage", `signup:${definition.group}`, until);
  /** @param {number} days */
  const rest = (days) => asks(Math.max(asks() || 0, Date.now() + days * DAY_MS));

  const home = isPlaced ? place : make("div");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles + definition.css);
  const root = home.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  const card = make("div", { className: "c" });
  const dialog = /** @type {HTMLDialogElement} */ (
    isInline ? card : make("dialog", { className: mode === "slide-in" ? "s" : "", "aria-labelledby": "t", "aria-describedby": "i" }, card)
  );
  const said = make("div", { role: "status", className: "h" });
  const wrap = make("div", { className: isInline ? "w" : "w o", lang: definition.lang, dir: definition.dir }, isInline ? card : said);
  root.append(wrap);
  home.append(make("i")); // themes hide what is empty: div:empty { display: none }
  if (!isInline) home.style.display = "contents"; // an empty box would be one more gap in a grid
  if (!isPlaced) isInline && document.body.contains(place) ? place.after(home) : document.body.append(home);

  // What the page and the service are told

  /** @param {string} what */
  const emit = (what) => {
    home.dispatchEvent(new CustomEvent(`signup:${what}`, { bubbles: true, detail: { form: id, mode } }));
    if (!definition.analytics) return;
    // A page with Google's tag alone has no tag manager that would read a bare event.
    const push = window.gtag || ((_, event, told) => (window.dataLayer ||= []).push({ event, ...told }));
    push("event", `signup_${what}`, { form_id: id, form_mode: mode });
  };

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
    if (waiting.page) wait({ ...waiting, page: "" }); // closed: the next page does not open it by itself
    mode === "tab" || before?.focus();
    before = null;
    judge();
  };
  const close = () => (dialog.open ? dialog.close() : teaser.isConnected && gone());

  /** Back on the page, where its old body went away with it: then the dialog is on top of nothing. */
  const arrive = () => {
    if (home.isConnected) return;
    dialog.open = false;
    document.body.append(home);
  };

  /** @param {boolean} asked by the visitor: then it is the whole form, at once */
  const open = (asked) => {
    if (isInline) return card.scrollIntoView({ block: "nearest" });
    arrive();
    if (!wrap.contains(dialog)) wrap.append(dialog);
    if (dialog.open) return;
    asked ||= mode === "pop-up" && !isPhone();
    if (!asked && (mode === "bar" || isPhone())) wrap.append(teaser);
    else if (mode !== "slide-in" || isPhone()) dialog.showModal();
    else if (asked) dialog.show();
    else dialog.open = true; // beside what is being read: the focus stays there
    if (dialog.open) teaser.remove();
    if (!asked) return;
    card.querySelector("input")?.focus();
    seen();
  };

  /** Whether something of the page lies over it: a cookie banner, a sticky header. */
  const isCovered = () => {
    const { left, top, right, bottom } = (dialog.open ? dialog : teaser).getBoundingClientRect();
    const middle = (left + right) / 2;
    return [[middle, top + 24], [middle, bottom - 24], [right - 36, top + 24]].some(
      ([x, y]) => document.elementFromPoint(x, y) !== home,
    );
  };

  const cross = () => make("button", { type: "button", className: "x", "aria-label": words.close, onclick: close }, "×");

  const teaser = make(
    "section",
    { className: "t", "aria-label": title },
    make("div", {}, make("h2", {}, title), definition.intro && make("p", {}, definition.intro)),
    press(definition.button, "m", () => open(true)),
    cross(),
  );
  const tab = press(definition.button, "m b", () => open(true));

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
    const star = input.required && make("span", { className: "e", "aria-hidden": "true" }, " *");
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
      mark(send, "aria-disabled", (isBusy = true));
      for (const old of form.querySelectorAll("p.e")) old.remove();
      for (const old of form.querySelectorAll("[aria-invalid]")) mark(old, "aria-invalid", 0);
      const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
      for (const name in more) body.set(name, more[name]);
      try {
        const [isFine, told] = await post(path, body);
        isFine ? then(told, body) : blame(form, send, told);
      } catch {
        send.before(make("p", { className: "e", role: "alert" }, `${words.failed} `, link(definition.url, definition.url)));
      }
      mark(send, "aria-disabled", (isBusy = false));
    };
    form.addEventListener("input", (/** @type {any} */ { target }) => {
      const wrong = target.closest("[aria-invalid]");
      if (!wrong) return;
      mark(wrong, "aria-invalid", 0);
      root.getElementById(`${wrong.id}-e`)?.remove();
    });
    return form;
  };

  /** @param {HTMLFormElement} form @param {HTMLElement} send @param {Answer} told */
  const blame = (form, send, { errors = {}, detail }) => {
    let first;
    for (const input of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[id]"))) {
      const { id } = input;
      const text = errors[id];
      if (!text) continue;
      delete errors[id];
      mark(input, "aria-invalid", 1);
      input.setAttribute("aria-describedby", `${id}-e ${id}-p`);
      (input.closest(".f") || input).append(make("p", { className: "e", id: `${id}-e` }, text));
      first ||= input.matches("fieldset") ? input.querySelector("input") : input;
    }
    for (const key in errors) detail = errors[key]; // of no input here
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
    email.oninput = () => {
      clearTimeout(timer);
      timer = setTimeout(suggest, CHECK_AFTER_MS);
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

  // A sign-up that waits for its confirmation, so that a reload finds it again: until when its code is good, the page,
  // the service's tokens, the mailbox. This tab alone keeps it. No address: any script of the website could read it.
  /** @type {{ until?: number, page?: string, told?: Answer }} */
  let waiting = JSON.parse(remember("sessionStorage", `signup:${id}`) || "{}");
  /** @param {typeof waiting} now */
  const wait = (now) => remember("sessionStorage", `signup:${id}`, JSON.stringify((waiting = now)));

  /** The visitor comes back to this page: maybe from the link in the email. */
  const look = async () => {
    const { told } = waiting;
    const state = told?.state;
    if (!state || document.hidden) return;
    const answer = await fetch(`${api}/state?of=${state}`).then((answer) => answer.json()).catch(() => 0); // maybe later
    if (answer.status !== "confirmed" || told !== waiting.told) return;
    const isIn = root.activeElement;
    const top = confirmed({});
    isIn && top.focus();
  };

  /** @param {Answer} told @param {URLSearchParams} [body] missing: the page was loaded anew */
  const pending = (told, body) => {
    const { signup, mailbox } = told;
    if (body) {
      emit(signup ? "pending" : "sent");
      if (signup) rest(definition.code ? definition.pause : Infinity);
      if (signup && definition.code) wait({ until: Date.now() + CODE_MS, page: location.pathname, told });
    }
    const note = make("div", { className: "p", role: "status" });
    const address = body && make("b", {}, body.get("email"));
    const lead = make("p", { id: "code-p" }, signup ? words.sent_text : words.told, make("br"), address);
    if (!definition.code || !signup) return fill(words.sent, lead).focus();
    const code = ask({
      key: "code",
      label: words.code,
      input: { inputMode: "numeric", autocomplete: "one-time-code", maxLength: 9, className: "n", "aria-describedby": "code-p" },
    });
    const more = { signup, lang: definition.lang };
    const form = sender("/code", more, words.confirm, (told) => confirmed(told).focus(), code);
    const digits = code.querySelector("input");
    digits.oninput = () => /^\s*(\d\s?){6}$/.test(digits.value) && form.requestSubmit();
    let isResting = false;
    const again = press(words.again, "q", async () => {
      if (isResting) return;
      mark(again, "aria-disabled", (isResting = true));
      setTimeout(() => mark(again, "aria-disabled", (isResting = false)), AGAIN_AFTER_MS);
      const [, now] = await post("/again", new URLSearchParams(more)).catch(() => []);
      note.replaceChildren(now?.message || now?.detail || words.failed);
      more.signup = told.signup = now?.signup || more.signup; // a new email has a new code
      wait(waiting);
    });
    const wrong = press(words.wrong, "q", () => {
      wait({});
      card.replaceChildren(...before);
      card.querySelector("input").focus();
    });
    const before = [...card.children];
    fill(
      words.sent,
      lead,
      form,
      mailbox && link(mailbox.url, words.open.replace("%s", mailbox.name), "m v"),
      make("p", { className: "p" }, words.no_mail),
      make("div", {}, again, wrong),
      note,
    );
    body && digits.focus();
  };

  /** @param {Answer} told */
  const confirmed = ({ download, incentive, later, text: after, url }) => {
    emit("confirmed");
    rest(Infinity);
    wait({});
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
    // What the form gives or still asks comes first: then its owner's page is a link.
    const stays = gift || later;
    if (url && !stays) location.assign(url);
    const onwards = url && stays && make("p", {}, link(url, new URL(url).hostname));
    return fill(words.confirmed, after && make("p", {}, after), gift, download && make("p", { className: "p" }, words.kept), more, onwards);
  };

  first();
  const { until = 0, page, told } = waiting;
  const isWaiting = until > Date.now();
  if (isWaiting && told) pending(told);
  look();
  addEventListener("focus", look);
  document.addEventListener("visibilitychange", look);

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
    if (!isHere(id)) forms[id] = { open, close, home };
    return;
  }
  forms[id] = { open, close };
  // The press and the release both outside: whoever marks a text and slips stays.
  let isOutside = false;
  dialog.onpointerdown = dialog.onpointerup = ({ target, type }) =>
    (isOutside = target === dialog && (isOutside || type === "pointerdown"));
  dialog.addEventListener("click", ({ target }) => target === dialog && isOutside && close());
  dialog.onclose = gone;
  document.addEventListener("keydown", ({ key }) => key === "Escape" && close());

  let isFired = false;
  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(fire, BUSY_WAIT_MS);
  };
  const fire = () => {
    if (isFired || dialog.open || Date.now() < asks() || !fits(definition) || !mayInterrupt()) return;
    const isBusy = document.querySelector("dialog[open]") || document.activeElement?.matches("input,textarea,select,iframe");
    if (document.hidden || isBusy) return later();
    open(false);
    if (isCovered()) {
      teaser.remove();
      dialog.close();
      return later();
    }
    isFired = true;
    interrupt();
    rest(definition.pause);
    if (!dialog.matches(":modal")) said.textContent = title;
    seen();
  };

  /** @param {boolean} [hasMoved] to another page of a site that changes the page in place */
  const judge = (hasMoved) => {
    if (hasMoved) {
      clearTimeout(timer);
      for (const [on, value] of definition.triggers) if (on === "delay") timer = setTimeout(fire, value * 1e3);
    }
    if (mode !== "tab") return;
    if (asks() === "Infinity" || !fits(definition)) return tab.remove();
    arrive();
    tab.isConnected || wrap.append(tab);
  };
  onMove.push(judge);
  judge(true);
  for (const [on, value, selector] of definition.triggers) {
    triggers[/** @type {keyof typeof triggers} */ (on)]?.(fire, value);
    if (!selector) continue;
    document.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || !(/** @type {Element} */ (event.target)).closest(selector)) return;
      open(true);
      event.preventDefault(); // last: where the form cannot open, the link leads to its own page
    });
  }
  if (isWaiting && page === location.pathname) open(true);
};

/** Put every form that the page asks for where it asks for it; what is there already stays. */
const scan = () => {
  const hasMoved = path !== (path = location.pathname);
  for (const judge of onMove) judge(hasMoved);
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-signup-form]"))) {
    const id = place.dataset.signupForm || "";
    placed.add(id);
    if (!taken.has(place)) mount(place, id);
    taken.add(place);
  }
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("script[data-form][src*='/embed.js']"))) {
    const id = place.dataset.form || "";
    if (placed.has(id) || (forms[id] ? isHere(id) : started.has(id))) continue;
    started.add(id);
    delete forms[id];
    mount(place, id);
  }
};

const own = /** @type {HTMLScriptElement} */ (document.currentScript || document.querySelector('script[src*="/embed.js"]'));
const HOST = new URL(own.src).origin;

const begin = () => {
  scan();
  // Sites that change the page in place take forms away and bring them back; one look for many changes.
  let timer = 0;
  new MutationObserver(() => {
    timer ||= setTimeout(() => {
      timer = 0;
      scan();
    }, LOOK_AGAIN_MS);
  }).observe(document, { childList: true, subtree: true });
};

// Loaded twice, the first one does the work, and finds what the page has put there since.
const isReady = document.readyState !== "loading";
if (window.Signup) isReady && window.Signup.scan();
else {
  window.Signup = { scan, open: (id) => forms[id]?.open(true), close: (id) => forms[id]?.close() };
  // A hosted page in a frame says how high it is, and that it is the next step: that one begins at its top.
  addEventListener("message", ({ data, origin, source }) => {
    if (origin !== HOST || !data.signup) return;
    for (const frame of document.querySelectorAll("iframe")) {
      if (frame.contentWindow !== source) continue;
      frame.style.height = `${data.height}px`;
      if (data.next && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
    }
  });
  isReady ? begin() : document.addEventListener("DOMContentLoaded", begin);
}
