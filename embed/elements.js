// @ts-check
// What is put on a page: no markup from strings, so a page's policy on trusted types has nothing to refuse.

/** @typedef {Node | string | false | null | undefined | ""} Child */

/**
 * An element; names with a dash are attributes. (Reflected ARIA, `ariaLabel`, is younger than Firefox 115.)
 * @param {string} tag
 * @param {Record<string, any>} [given]
 * @param {Child[]} children
 */
export const make = (tag, given = {}, ...children) => {
  const made = /** @type {any} */ (document.createElement(tag));
  for (const name in given) name in made ? (made[name] = given[name]) : made.setAttribute(name, given[name]);
  made.append(...children.filter((child) => child));
  return made;
};

/** @param {string} url @param {Child} text @param {string} [className] */
export const link = (url, text, className = "") => make("a", { href: url, target: "_blank", rel: "noopener", className }, text);

/** @param {string} text @param {string} className @param {(event: Event) => void} onclick */
export const press = (text, className, onclick) => make("button", { type: "button", className, onclick }, text);

/**
 * Give or take a state whose attribute says "true" or is not there.
 * @param {Element} element
 * @param {string} name
 * @param {unknown} isOn
 */
export const mark = (element, name, isOn) => (isOn ? element.setAttribute(name, "true") : element.removeAttribute(name));
