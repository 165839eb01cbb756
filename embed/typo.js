// @ts-check
// "Did you mean ada@gmail.com?": one slip of the finger away from a provider that many people have.

/**
 * Whether two different words are one slip apart: a letter too many, too few, another one, or two swapped.
 * @param {string} one
 * @param {string} other
 */
const near = (one, other) => {
  let start = 0;
  let end = one.length;
  let stop = other.length;
  while (one[start] === other[start]) start++;
  while (end > start && stop > start && one[end - 1] === other[stop - 1]) end--, stop--;
  const left = one.slice(start, end);
  const right = other.slice(start, stop);
  return left[1] || right[1] ? !left[2] && left[1] + left[0] === right : true;
};

/**
 * The address as it was probably meant; nothing when it looks right or like nothing we know.
 * @param {string} address
 * @param {string} domains known ones, with spaces between
 */
export const meant = (address, domains) => {
  const [name, typed] = address.trim().toLowerCase().split("@");
  const known = domains.split(" ");
  const found = typed && typed[5] && !known.includes(typed) && known.find((domain) => domain[5] && near(typed, domain));
  return found && `${name}@${found}`;
};
