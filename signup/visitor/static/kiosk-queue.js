// What the kiosk keeps: entries sealed for the server alone until it says that they are stored, and for twelve hours a
// session sealed by its owner's PIN. Nothing a customer typed lies here in a form that this browser could read.
const BATCH = 20;
const BATCH_CHARS = 300_000;
const ROUNDS = 600_000; // PBKDF2-SHA-256, OWASP 2023; slows down whoever carries the device away
const TRIES = 5;
const PAUSE = 60_000;
const text = new TextEncoder();
const { subtle } = globalThis.crypto;

const bytes = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
const base64 = (buffer) => btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""));

const database = () => new Promise((resolve, reject) => {
  const request = indexedDB.open("till", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("queue", { keyPath: "uid" });
    request.result.createObjectStore("staff", { keyPath: "uid" });
  };
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

// Done when the browser says that it is on the disk.
async function work(store, mode, job) {
  const open = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = open.transaction(store, mode, { durability: "strict" });
      const request = job(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request && request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    open.close();
  }
}

const all = (store) => work(store, "readonly", (it) => it.getAll());

// ECIES, as signup/kiosks/sealed_box.py says: an ephemeral P-256 key, HKDF-SHA-256, AES-256-GCM bound to the uid.
async function seal(publicKey, uid, entry) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const server = await subtle.importKey("raw", bytes(publicKey), curve, false, []);
  const own = await subtle.generateKey(curve, false, ["deriveBits"]);
  const point = await subtle.exportKey("raw", own.publicKey);
  const shared = await subtle.deriveBits({ name: "ECDH", public: server }, own.privateKey, 256);
  const base = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: point, info: text.encode("signup till entry") };
  const key = await subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const mode = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: text.encode(uid) };
  const content = new Uint8Array(await subtle.encrypt(mode, key, text.encode(JSON.stringify(entry))));
  const box = new Uint8Array(point.byteLength + content.length);
  box.set(new Uint8Array(point));
  box.set(content, point.byteLength);
  return base64(box);
}

// Keep an entry, in place of a refused one where it corrects that; returns its uid.
export async function keep(publicKey, entry, replaced) {
  const uid = crypto.randomUUID();
  const row = { uid, at: Date.now(), sealed: await seal(publicKey, uid, entry) };
  await work("queue", "readwrite", (queue) => {
    if (replaced) queue.delete(replaced);
    return queue.put(row);
  });
  return uid;
}

export const discard = (uid) => work("queue", "readwrite", (queue) => queue.delete(uid));
export const count = () => work("queue", "readonly", (queue) => queue.count());

// How many entries were too old to be sent and are deleted now.
export async function dropOld(seconds) {
  const old = (await all("queue")).filter((row) => row.at < Date.now() - seconds * 1000);
  for (const row of old) await discard(row.uid);
  return old.length;
}

// Send what waits; one tab at a time. Returns the server's answers by uid; throws when it cannot be reached. Where
// nothing waits it asks all the same: a page that came from the store knows no other way whether anybody is there.
export const sync = (address, session) => navigator.locks.request("till-sync", async () => {
  const answers = new Map();
  const rows = (await all("queue")).sort((one, other) => one.at - other.at);
  do {
    const batch = [];
    for (let chars = 0; rows.length && batch.length < BATCH && chars < BATCH_CHARS; chars += batch.at(-1).sealed.length) {
      const { uid, sealed } = rows.shift();
      batch.push({ uid, sealed });
    }
    const answer = await post(address, { entries: batch, session: session() });
    if (!answer.ok) throw new Error(String(answer.status));
    for (const one of (await answer.json()).entries) {
      answers.set(one.uid, one);
      if (one.result === "done") await discard(one.uid);
    }
  } while (rows.length);
  return answers;
});

export const post = (address, body) => fetch(address, {
  method: "POST",
  headers: { "Content-Type": "application/json", Accept: "application/json" },
  body: JSON.stringify(body),
  credentials: "omit",
  signal: AbortSignal.timeout(15_000),
});

async function pinKey(pin, salt) {
  const base = await subtle.importKey("raw", text.encode(pin), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  return subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

// After a PIN was right online: keep its session, sealed by that PIN, for when there is no network.
export async function remember(uid, pin, session, seconds) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await subtle.encrypt({ name: "AES-GCM", iv }, await pinKey(pin, salt), text.encode(session));
  const row = { uid, salt, iv, sealed, until: Date.now() + seconds * 1000, tries: 0, wait: 0 };
  await work("staff", "readwrite", (staff) => staff.put(row));
}

// Offline: the session of this PIN, or "first", "wait" or "pin" for why there is none.
export async function recall(uid, pin) {
  const row = (await all("staff")).find((one) => one.uid === uid);
  if (!row || row.until < Date.now()) return { problem: "first" };
  if (row.wait > Date.now()) return { problem: "wait" };
  try {
    const session = await subtle.decrypt({ name: "AES-GCM", iv: row.iv }, await pinKey(pin, row.salt), row.sealed);
    await work("staff", "readwrite", (staff) => staff.put({ ...row, tries: 0 }));
    return { session: new TextDecoder().decode(session) };
  } catch {
    const tries = row.tries + 1;
    const wait = tries >= TRIES ? Date.now() + PAUSE * 2 ** (tries - TRIES) : 0;
    await work("staff", "readwrite", (staff) => staff.put({ ...row, tries, wait }));
    return { problem: "pin" };
  }
}

// Forget sessions that are over, and those of people whom the page does not name any more.
export async function forget(present) {
  for (const row of await all("staff")) {
    if (row.until < Date.now() || !present.includes(row.uid)) {
      await work("staff", "readwrite", (staff) => staff.delete(row.uid));
    }
  }
}
