// Start a sign-up, then show what has happened lately: node sign_up.mjs ada@example.org
import { randomUUID } from "node:crypto";

const { SIGNUP_URL, SIGNUP_KEY, SIGNUP_FORM } = process.env;

async function api(method, path, body, headers = {}) {
  const answer = await fetch(`${SIGNUP_URL}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${SIGNUP_KEY}`, "Content-Type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${told.title}: ${JSON.stringify(told.errors ?? told.detail)}`);
  return told;
}

// The words that the person read have a version: name it.
const form = await api("GET", `/forms/${SIGNUP_FORM}`);
const signup = { form: SIGNUP_FORM, form_version: form.version, consent: true, email: process.argv[2] };
// With an Idempotency-Key the request can be sent again when its answer got lost.
console.log(await api("POST", "/signups", signup, { "Idempotency-Key": randomUUID() }));
console.log(await api("GET", "/events?limit=10"));
