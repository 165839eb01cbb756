// The kiosk, step by step: PIN, form, read-back, the customer's consent, thanks. What is typed lives in this page only.
import { meant, pieces } from "./kiosk-hint.js";
import * as queue from "./kiosk-queue.js";

const SYNC_EVERY = 20_000;
const PAUSE = 60_000;
const { body } = document;
const config = JSON.parse(body.dataset.config);
const texts = config.texts;
const one = (selector, within = document) => within.querySelector(selector);
const every = (selector, within = document) => [...within.querySelectorAll(selector)];
const forms = Object.fromEntries(["lock", "form"].map((name) => [name, one(`[data-form="${name}"]`)]));

let session = "";
let edition = config.edition;
let replaced = null; // the refused entry that is being corrected
let agreed = {}; // the partners that its customer ticked, and the version of the form they saw where it is an earlier one
let refused = []; // the server's answers, while somebody is here to correct them
let current = ""; // the uid of the entry whose customer is reading the thanks
let heard = null; // the server's answer to it, whoever asked
let pause = 0; // until when the server wants to be left alone
const timers = {};

// Steps

function show(step) {
  for (const section of every("[data-step]")) section.hidden = section.dataset.step !== step;
  for (const part of every("[data-lock]")) part.hidden = step === "lock";
  one('[data-to="queue"]').hidden = step === "lock" || step === "consent" || step === "thanks" || !refused.length;
  const target = one(`[data-step="${step}"] [tabindex="-1"]:not([hidden] *)`);
  if (target) target.focus();
  window.scrollTo(0, 0);
  body.dataset.at = step;
}

function clear() {
  replaced = null;
  forms.form.reset();
  agreed = {};
  for (const field of every("input, select, textarea", forms.form)) field.disabled = false;
  for (const form of every('[data-form="consent"], [data-form="code"]')) form.reset();
  for (const part of every("[data-agree], [data-typo], [data-problem], [data-confirmed], [data-sent]")) part.hidden = true;
  for (const part of every("[data-wrong], [data-error], [data-spelled], [data-whole], [data-mine]")) part.textContent = "";
  for (const part of every("details")) part.open = false;
  for (const field of every("[aria-invalid]")) field.removeAttribute("aria-invalid");
  edition = config.edition;
  speak();
}

function lock() {
  session = "";
  refused = [];
  one("[data-list]").replaceChildren();
  one("[data-who]").textContent = "";
  clearTimeout(timers.next);
  clear();
  if (forms.lock) forms.lock.reset();
  show("lock");
}

function next() {
  clearTimeout(timers.next);
  clear();
  show("form");
}

function stayAwake() {
  clearTimeout(timers.idle);
  if (session) timers.idle = setTimeout(lock, config.lockAfter * 1000);
}

// PIN

async function unlock(event) {
  event.preventDefault();
  const staff = new FormData(forms.lock).get("staff");
  one("#staff-error").textContent = staff ? "" : texts.staff;
  if (!staff) {
    one('[name="staff"]', forms.lock).focus();
    return;
  }
  const field = one("#pin");
  const pin = field.value;
  let problem = pin ? "" : "fill";
  if (!problem) {
    try {
      const answer = await queue.post(config.unlock, { staff, pin });
      if (answer.ok) {
        session = (await answer.json()).session;
        queue.remember(staff, pin, session, config.offlinePin).then(() => { body.dataset.pin = "kept"; state(true); });
      } else problem = answer.status === 429 ? "wait" : answer.status === 422 ? "pin" : "online";
      if (problem === "online") location.reload(); // revoked, or the service is changed: the page itself says which
    } catch {
      const found = await queue.recall(staff, pin);
      session = found.session || "";
      problem = found.problem || "";
    }
  }
  field.value = "";
  one("#pin-error").textContent = problem ? texts[problem] : "";
  if (problem) {
    field.focus();
    return;
  }
  one("[data-who]").textContent = `· ${one(":checked", forms.lock).parentElement.textContent.trim()}`;
  stayAwake();
  next();
  sync();
}

// The form

function read() {
  const given = new FormData(forms.form);
  const declined = given.getAll("declined");
  const fields = {};
  for (const { key, type } of config.fields) {
    const value = type === "multi" ? given.getAll(key) : (given.get(key) || "").trim();
    if (value.length && !declined.includes(key)) fields[key] = type === "number" ? value.replace(",", ".") : value;
  }
  return { email: (given.get("email") || "").trim(), fields, declined };
}

function problemsOf({ email, fields, declined }) {
  const problems = {};
  if (!email) problems.email = texts.fill;
  else if (!one("#email").validity.valid || !/^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$/.test(email)) problems.email = texts.address;
  for (const { key, type, required } of config.fields) {
    if (fields[key] === undefined && !declined.includes(key)) problems[key] = required ? texts.fill : texts.ask;
    else if (type === "number" && fields[key] !== undefined && !Number.isFinite(Number(fields[key]))) problems[key] = texts.number;
  }
  return problems;
}

function tell(problems) {
  for (const part of every("[data-error]")) part.textContent = problems[part.dataset.error] || "";
  for (const input of every("input, select, textarea", forms.form)) {
    const holder = input.closest("fieldset") || input;
    if (problems[input.name]) holder.setAttribute("aria-invalid", "true");
    else if (input.name !== "declined") holder.removeAttribute("aria-invalid");
  }
  const rest = Object.entries(problems).filter(([key]) => !one(`[data-error="${CSS.escape(key)}"]`)).map(([, text]) => text);
  const banner = one("[data-problem]");
  banner.textContent = rest.join(" ");
  banner.hidden = !rest.length;
  const first = every("[data-error]").find((part) => part.textContent);
  if (first) one("input, select, textarea", first.closest(".field")).focus();
}

function readBack(event) {
  event.preventDefault();
  const given = read();
  const problems = problemsOf(given);
  tell(problems);
  if (Object.keys(problems).length) return;
  one("[data-spelled]").replaceChildren(...pieces(given.email).map(({ text, isSign }) => {
    const span = document.createElement("span");
    span.textContent = text;
    if (isSign) {
      span.className = "sign";
      const name = document.createElement("small");
      name.textContent = config.signs[text];
      span.append(name);
    }
    return span;
  }));
  for (const part of every("[data-whole], [data-mine]")) part.textContent = given.email;
  show("check");
}

function hint() {
  const better = meant(one("#email").value.trim());
  one("[data-accept]").textContent = better;
  one("[data-typo]").hidden = !better;
}

function decline(box) {
  for (const input of every(`[name="${CSS.escape(box.value)}"]`, forms.form)) {
    input.disabled = box.checked;
    if (box.checked && input.type !== "radio" && input.type !== "checkbox") input.value = "";
    else if (box.checked) input.checked = false;
  }
}

// The customer

function speak() {
  for (const part of every("[data-consent]")) part.hidden = part.dataset.consent !== edition;
  for (const part of every("[data-thanks]")) part.hidden = part.dataset.thanks !== edition;
  for (const part of every("[data-edition]")) part.setAttribute("aria-pressed", String(part.dataset.edition === edition));
}

async function agree(event) {
  event.preventDefault();
  const box = one('[name="consent"]', event.target);
  one("[data-agree]", event.target).hidden = box.checked;
  if (!box.checked) {
    box.focus();
    return;
  }
  agreed = { ...agreed, partners: every('[name="partner"]:checked', event.target).map(({ value }) => value) };
  await send(read());
}

async function send(given) {
  const { form, language, version, partners = [] } = { ...config.editions[edition], ...agreed };
  const taken_at = new Date().toISOString();
  const entry = { ...given, form, language, version, partners, session, consent: true, taken_at, corrected: Boolean(replaced) };
  let uid;
  try {
    uid = await queue.keep(config.key, entry, replaced);
  } catch {
    one("[data-problem]").textContent = texts.storage;
    one("[data-problem]").hidden = false;
    show("form");
    return;
  }
  if (replaced) {
    refused = refused.filter((answer) => answer.uid !== replaced);
    next();
    sync();
    return;
  }
  current = uid;
  heard = null;
  show("thanks");
  timers.next = setTimeout(next, config.thanksFor * 1000);
  await sync();
  if (current !== uid || body.dataset.at !== "thanks" || !heard) return;
  if (heard.result === "refused") takeBack(heard);
  else if (heard.signup) askForCode(heard.signup);
}

// The server found something that this page did not: the customer is still here.
function takeBack({ uid, problems }) {
  clearTimeout(timers.next);
  replaced = uid;
  refused = refused.filter((answer) => answer.uid !== uid);
  show("form");
  tell(problems);
}

function askForCode(signup) {
  const part = one(`[data-thanks="${CSS.escape(edition)}"]`);
  const form = one('[data-form="code"]', part);
  if (!form) return;
  form.hidden = false;
  form.dataset.signup = signup;
  one("[data-sent]", part).hidden = false;
  one("[data-unsent]", part).hidden = true;
}

async function enterCode(event) {
  event.preventDefault();
  const form = event.target;
  const part = form.closest("[data-thanks]");
  const code = one('[name="code"]', form).value;
  try {
    const answer = await queue.post(config.editions[part.dataset.thanks].code, { signup: form.dataset.signup, code });
    const said = await answer.json();
    one("[data-wrong]", form).textContent = answer.ok ? "" : said.title;
    if (!answer.ok) return;
    form.hidden = true;
    one("[data-sent]", part).hidden = true;
    one("[data-confirmed]", part).hidden = false;
  } catch {
    one("[data-wrong]", form).textContent = texts.offline;
  }
}

// What waits, and what came back

async function sync() {
  try {
    const dropped = await queue.dropOld(config.keepFor);
    if (dropped) one("[data-state]").dataset.old = texts.old.replace("{n}", dropped);
    const answers = await queue.sync(config.entries, () => session);
    heard = answers.get(current) || heard;
    if ([...answers.values()].some((answer) => answer.result === "later")) pause = Date.now() + PAUSE;
    refused = session ? [...answers.values()].filter((answer) => answer.result === "refused") : [];
    listRefused();
    await state(true);
  } catch (error) {
    if (error.message === "404" || error.message === "410") location.reload(); // revoked or renewed: the page says so
    await state(false);
  }
}

async function state(isOnline) {
  const waiting = await queue.count();
  const line = one("[data-state]");
  line.textContent = [
    isOnline && navigator.onLine ? texts.online : texts.offline,
    isOnline && body.dataset.page && body.dataset.pin ? texts.ready : "",
    waiting ? texts.waiting.replace("{n}", waiting) : "",
    line.dataset.old || "",
  ].filter(Boolean).join(" · ");
  line.toggleAttribute("data-offline", !(isOnline && navigator.onLine));
  line.dataset.waiting = waiting;
}

function listRefused() {
  const items = refused.map((answer) => {
    const item = one("#refused-entry").content.cloneNode(true).firstElementChild;
    one("[data-email]", item).textContent = answer.entry ? answer.entry.email : texts.again;
    one("[data-problems]", item).append(...Object.values(answer.problems).map((text) => {
      const line = document.createElement("li");
      line.textContent = text;
      return line;
    }));
    // What was agreed to in another form than this page's cannot be corrected here: that wording was another one.
    one("[data-correct]", item).hidden = !answer.entry || !editionOf(answer.entry);
    one("[data-correct]", item).addEventListener("click", () => correct(answer));
    one("[data-discard]", item).addEventListener("click", async () => {
      await queue.discard(answer.uid);
      await sync();
      one("#queue-title").focus();
    });
    return item;
  });
  one("[data-list]").replaceChildren(...items);
  one("[data-none]").hidden = items.length > 0;
  one("[data-refused]").textContent = items.length;
  one('[data-to="queue"]').hidden = !items.length || !["form", "queue", "check"].includes(body.dataset.at);
}

const editionOf = ({ form, language }) => Object.keys(config.editions)
  .find((key) => config.editions[key].form === form && config.editions[key].language === language);

function correct({ uid, entry, problems }) {
  clear();
  replaced = uid;
  one("#email").value = entry.email;
  for (const [key, value] of Object.entries(entry.fields)) {
    for (const input of every(`[name="${CSS.escape(key)}"]`, forms.form)) {
      if (input.type === "radio" || input.type === "checkbox") input.checked = [value].flat().includes(input.value);
      else input.value = value;
    }
  }
  for (const box of every('[name="declined"]', forms.form)) {
    box.checked = entry.declined.includes(box.value);
    decline(box);
  }
  edition = editionOf(entry);
  agreed = { version: entry.version, partners: entry.partners };
  show("form");
  tell(problems);
}

// Wiring

function wire() {
  if (forms.lock) {
    forms.lock.addEventListener("submit", unlock);
    for (const key of every("[data-digit]")) {
      key.addEventListener("click", () => {
        const field = one("#pin");
        field.value = key.dataset.digit ? (field.value + key.dataset.digit).slice(0, 8) : field.value.slice(0, -1);
      });
    }
  }
  forms.form.addEventListener("submit", readBack);
  forms.form.addEventListener("input", ({ target }) => {
    const field = target.closest(".field");
    one("[data-error]", field).textContent = "";
    for (const part of [field, ...every("[aria-invalid]", field)]) part.removeAttribute("aria-invalid");
  });
  forms.form.addEventListener("change", (event) => {
    if (event.target.name === "declined") decline(event.target);
    if (event.target.name === "email") hint();
  });
  one("[data-accept]").addEventListener("click", (event) => {
    one("#email").value = event.target.textContent;
    hint();
    one("#email").focus();
  });
  one("[data-right]").addEventListener("click", () => {
    if (replaced) send(read());
    else show("consent");
  });
  for (const form of every('[data-form="consent"]')) form.addEventListener("submit", agree);
  for (const form of every('[data-form="code"]')) form.addEventListener("submit", enterCode);
  for (const button of every("[data-to]")) button.addEventListener("click", () => show(button.dataset.to));
  for (const button of every("[data-phone], [data-next]")) button.addEventListener("click", next);
  for (const button of every("[data-lock]")) button.addEventListener("click", lock);
  for (const button of every("[data-edition]")) {
    button.addEventListener("click", () => {
      edition = button.dataset.edition;
      speak();
    });
  }
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, stayAwake);
  window.addEventListener("online", sync);
  window.addEventListener("offline", () => state(false));
  setInterval(async () => { if (Date.now() > pause && await queue.count()) sync(); }, SYNC_EVERY);
}

// The very first visit came before the worker: it sees this page only when it is asked for once more.
async function keepPage() {
  const { serviceWorker } = navigator;
  await serviceWorker.register(config.worker);
  await serviceWorker.ready;
  if (navigator.storage) navigator.storage.persist(); // asks the browser not to clear the queue when space is short
  if (!serviceWorker.controller) {
    await new Promise((resolve) => { serviceWorker.addEventListener("controllerchange", resolve, { once: true }); });
  }
  if ((await fetch(location.pathname)).ok) body.dataset.page = "kept";
}

async function begin() {
  if (!window.isSecureContext || !crypto.subtle || !("serviceWorker" in navigator)) {
    one("[data-broken]").hidden = false;
    return;
  }
  wire();
  lock();
  await queue.forget(every('[name="staff"]').map((input) => input.value));
  await sync();
  keepPage().catch(() => {}); // without a network the worker is there already, or cannot come
}

begin().catch(() => { one("[data-broken]").hidden = false; });
