// @ts-check
// What makes a pop-up appear: each calls `fire` when its moment has come, maybe more than once.

const passive = { passive: true };

export const triggers = {
  /** @param {() => void} fire */
  arrival: (fire) => fire(),

  /** @param {() => void} fire @param {number} seconds */
  delay: (fire, seconds) => void setTimeout(fire, seconds * 1e3),

  /** @param {() => void} fire @param {number} percent of what can be scrolled */
  scroll: (fire, percent) =>
    addEventListener(
      "scroll",
      () => (scrollY / (document.documentElement.scrollHeight - innerHeight)) * 100 >= percent && fire(),
      passive,
    ),

  /** The mouse leaves by the top; a finger sends the page back up fast. @param {() => void} fire */
  exit: (fire) => {
    let [from, since] = [0, 0];
    document.addEventListener("mouseout", (event) => !event.relatedTarget && event.clientY < 9 && fire());
    addEventListener(
      "scroll",
      ({ timeStamp }) => {
        if (timeStamp - since < 100) return;
        if (from - scrollY > 240 && matchMedia("(pointer:coarse)").matches) fire();
        [from, since] = [scrollY, timeStamp];
      },
      passive,
    );
  },

  /** @param {() => void} fire @param {number} seconds */
  idle: (fire, seconds) => {
    let timer = 0;
    const again = () => {
      clearTimeout(timer);
      timer = setTimeout(fire, seconds * 1e3);
    };
    ["pointermove", "pointerdown", "keydown", "scroll"].map((name) => addEventListener(name, again, passive));
    again();
  },
};
