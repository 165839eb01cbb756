// @ts-check
// Proof of work, asked for while the service is under attack: SHA-256(challenge.n) must begin with `bits` zero bits.

const WAIT_MS = 21e3;

/**
 * The smallest n, as the service wants to see it.
 * @param {string} challenge
 * @param {number} bits at most 32
 * @returns {Promise<string>}
 */
export const prove = async (challenge, bits) => {
  // A page without TLS cannot compute: the bare challenge, brought back after a while, will do.
  if (!crypto.subtle) return new Promise((bring) => setTimeout(bring, WAIT_MS, challenge));
  for (let n = 0; ; n++) {
    const proof = `${challenge}.${n}`;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(proof));
    if (Math.clz32(new DataView(digest).getUint32(0)) >= bits) return proof;
  }
};
