// Numbers by their decimal text (F-30, F-31): a spelling takes part in comparison only if it says exactly what the shortest
// decimal form of its nearest double says. So 300, 300.0 and 3e2 are one number, and 2^53 and 2^53 + 1 are never taken for equal.

const PARTS = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

/** Any decimal of at most 15 digits comes back from its nearest double unchanged. */
const SAFE_LENGTH = 15;

/** The number that a JSON spelling stands for, or null where it cannot be compared (F-31). Never -0. */
export function comparableNumber(text: string): number | null {
  const value = Number(text);
  if (text.length <= SAFE_LENGTH && !text.includes("e") && !text.includes("E")) {
    return value === 0 ? 0 : value;
  }
  if (!Number.isFinite(value) || canonicalDecimal(text) !== canonicalDecimal(String(value))) {
    return null;
  }
  return value === 0 ? 0 : value;
}

/** Sign, digits without zeros at either end, and the exponent of the last digit: equal for equal decimals. */
function canonicalDecimal(text: string): string {
  const parts = PARTS.exec(text);
  if (parts === null) {
    return `not a number: ${text}`;
  }
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const digits = withoutLeadingZeros(whole + fraction);
  const significant = withoutTrailingZeros(digits);
  if (significant === "") {
    return "0";
  }
  const place = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${sign}${significant}e${place}`;
}

// Loops, because the obvious expressions for this need quadratic time on a long run of zeros.
function withoutLeadingZeros(digits: string): string {
  let from = 0;
  while (from < digits.length && digits[from] === "0") {
    from += 1;
  }
  return digits.slice(from);
}

function withoutTrailingZeros(digits: string): string {
  let to = digits.length;
  while (to > 0 && digits[to - 1] === "0") {
    to -= 1;
  }
  return digits.slice(0, to);
}
