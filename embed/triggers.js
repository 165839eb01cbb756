// @ts-check
// What makes a pop-up appear: each calls `fire` when its moment has come, maybe more than once.

const options = { passive: true, capture: true };

/** What moved: the page, or the part of it that a site scrolls instead. @param {Event} event */
const moved = ({ target }) => /** @type {Document} */ (target).scrollingElement || /** @type {Element} */ (target);

/** What listens from then on; `delay` begins anew on each page (embed.js). */
export const triggers = {
  /** @param {() => void} fire @param {number} percent of what can be scrolled */
  scroll: (fire, percent) =>
    addEventListener(
      "scroll",
      (event) => {
        const { clientHeight, scrollHeight, scrollTop } = moved(event);
        // A menu or a chat that scrolls is not the page.
        if (clientHeight > innerHeight / 2 && (scrollTop / (scrollHeight - clientHeight)) * 100 >= percent) fire();
      },
      options,
    ),

  /** The mouse leaves by the top; a finger sends the page back up fast. @param {() => void} fire */
  exit: (fire) => {
    let [from, since] = [0, 0];
    document.addEventListener("mouseout", (event) => !event.relatedTarget && event.clientY < 9 && fire());
    addEventListener(
      "scroll",
      (event) => {
        const { timeStamp } = event;
        if (timeStamp - since < 100) return;
        const { scrollTop } = moved(event);
        if (from - scrollTop > 240 && matchMedia("(pointer:coarse)").matches) fire();
        [from, since] = [scrollTop, timeStamp];
      },
      options,
    );
  },

  /** @param {() => void} fire @param {number} seconds */
  idle: (fire, seconds) => {
    let timer = 0;
    const again = () => {
      clearTimeout(timer);
      timer = setTimeout(fire, seconds * 1e3);
    };
    ["pointermove", "pointerdown", "keydown", "scroll"].map((name) => addEventListener(name, again, options));
    again();
  },
};
