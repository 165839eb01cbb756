// @ts-check
// What the website's own storage remembers, and whether a form may come uninvited. Times and tokens, never an address.
/** @import { Definition } from "./embed.d.ts" */

/** Whether a visit was interrupted already, where the browser lets us remember nothing. */
let interrupted = false;
let isBlocked = false;

/**
 * Remember a text, or tell the one remembered; a blocked storage remembers nothing.
 * @param {"localStorage" | "sessionStorage"} place
 * @param {string} key
 * @param {unknown} [value]
 * @returns {any}
 */
export const remember = (place, key, value) => {
  try {
    return value == null ? window[place][key] : (window[place][key] = value);
  } catch {
    isBlocked = true;
  }
};

/** At most one interruption a visit, over all forms of a site. */
export const mayInterrupt = () =>
  !remember("sessionStorage", "signup") &&
  !interrupted &&
  // Nothing can be remembered from page to page: only the first page of a visit may be interrupted.
  !(isBlocked && document.referrer.startsWith(location.origin));

export const interrupt = () => remember("sessionStorage", "signup", (interrupted = true));

/** How this visit began: the device, whether it is the first one, where from. Kept only for a form that asks. */
const begun = () => {
  let told = remember("sessionStorage", "signup:came");
  if (!told) {
    const device = matchMedia("(pointer:coarse)").matches ? "touch" : "mouse";
    const known = remember("localStorage", "signup:came") ? "returning" : "new";
    told = [device, known, document.referrer, location.search].join("\n");
    remember("sessionStorage", "signup:came", told);
    remember("localStorage", "signup:came", 1);
  }
  return told;
};

/**
 * Whether the form may come uninvited: on this page, in this visit. A single-page site changes the page under it.
 * @param {Definition} definition
 */
export const fits = ({ paths, visits }) => (!visits || RegExp(visits).test(begun())) && RegExp(paths).test(location.pathname);
