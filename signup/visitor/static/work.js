// Solves the form's puzzle while it is hot: the n that makes SHA-256(challenge.n) begin with the asked zero bits.
// Without WebCrypto (no TLS, an old browser) nothing is hidden: waiting and pressing the button does as well.
"use strict";
(() => {
  const proof = document.querySelector("input[name=proof][data-bits]");
  if (!proof || !globalThis.crypto?.subtle) return;
  const form = proof.form, challenge = proof.value, bits = Number(proof.dataset.bits);
  const started = performance.now(), BATCH = 256;
  const encoder = new TextEncoder();
  const zeroBits = (hash) => new DataView(hash).getUint32(0) >>> (32 - bits) === 0;
  const solve = async () => {
    for (let first = 0; ; first += BATCH) {
      const texts = Array.from({ length: BATCH }, (_, i) => `${challenge}.${first + i}`);
      const hashes = await Promise.all(texts.map((text) => crypto.subtle.digest("SHA-256", encoder.encode(text))));
      const found = hashes.findIndex(zeroBits);
      if (found >= 0) return texts[found];
    }
  };
  document.querySelector("[data-wait]").hidden = true;
  const work = document.querySelector("[data-work]");
  let waiting = false;
  const solved = solve().then((answer) => {
    proof.value = answer;
    proof.dataset.ms = Math.round(performance.now() - started);
    if (waiting || "send" in proof.dataset) form.submit();
    else if (work) work.hidden = true;
  });
  if ("send" in proof.dataset) work.hidden = false;
  form.addEventListener("submit", (event) => {
    if ("ms" in proof.dataset) return;
    event.preventDefault();
    waiting = true;
    work.hidden = false;
    void solved;
  });
})();
