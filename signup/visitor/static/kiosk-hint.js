// What people meant by a mistyped domain, and an address in pieces that can be read aloud.
const DOMAINS = [
  "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.fr", "hotmail.it", "live.com", "live.fr", "live.nl",
  "yahoo.com", "yahoo.fr", "yahoo.it", "yahoo.de", "icloud.com", "me.com", "proton.me", "protonmail.com", "aol.com",
  "gmx.de", "gmx.net", "gmx.ch", "gmx.at", "web.de", "t-online.de", "freenet.de", "bluewin.ch", "hispeed.ch", "sunrise.ch",
  "orange.fr", "free.fr", "wanadoo.fr", "laposte.net", "sfr.fr", "libero.it", "virgilio.it", "tiscali.it",
  "hotmail.be", "hotmail.ch", "hotmail.nl", "hotmail.de", "outlook.fr", "outlook.de", "outlook.it", "live.be", "live.it",
  "gmx.com", "gmx.fr", "mail.com", "mail.de", "mail.ch", "email.com", "ymail.com", "rocketmail.com", "yahoo.ca", "yahoo.es",
  "telenet.be", "skynet.be", "proximus.be", "ziggo.nl", "kpnmail.nl", "planet.nl", "xs4all.nl",
];
const GROUP = 3;

// Edits (Damerau-Levenshtein, neighbours swapped count once) between two short words.
function distance(a, b) {
  const rows = [Array.from({ length: b.length + 1 }, (_none, n) => n)];
  for (let i = 1; i <= a.length; i += 1) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.length][b.length];
}

export function meant(address) {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1).toLowerCase();
  if (at < 1 || domain.length < 4 || DOMAINS.includes(domain)) return "";
  // Hardly anybody mistypes the first letter; another domain that differs there is somebody's own.
  const near = DOMAINS.filter((known) => known[0] === domain[0]).map((known) => [distance(domain, known), known]);
  const [edits, best] = near.sort((one, other) => one[0] - other[0])[0] || [Infinity];
  return edits <= (domain.length > 7 ? 2 : 1) ? `${address.slice(0, at)}@${best}` : "";
}

// [{ text, isSign }]: groups of three at most, each sign on its own; a domain people know stays one word.
export function pieces(address) {
  const at = address.lastIndexOf("@");
  const isKnown = DOMAINS.includes(address.slice(at + 1).toLowerCase());
  return [...address.matchAll(/[^@._+-]+|[@._+-]/gu)].flatMap(({ 0: part, index }) => {
    if (/^[@._+-]$/.test(part)) return [{ text: part, isSign: true }];
    if (isKnown && index > at) return [{ text: part, isSign: false }];
    const letters = [...part];
    const groups = [];
    for (let n = 0; n < letters.length; n += GROUP) groups.push(letters.slice(n, n + GROUP).join(""));
    if (groups.length > 1 && [...groups.at(-1)].length === 1) groups.splice(-2, 2, groups.at(-2) + groups.at(-1));
    return groups.map((text) => ({ text, isSign: false }));
  });
}
