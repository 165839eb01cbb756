// The page after sending: when its tab is looked at again it asks whether the sign-up was confirmed elsewhere.
"use strict";
(() => {
  const { state, itself } = document.currentScript.dataset;
  const look = async () => {
    if (document.visibilityState !== "visible") return;
    const answer = await fetch(state).catch(() => null);
    if (answer?.ok && (await answer.json()).status === "confirmed") location.replace(itself);
  };
  addEventListener("focus", look);
  addEventListener("pageshow", ({ persisted }) => persisted && look());
  document.addEventListener("visibilitychange", look);
})();
