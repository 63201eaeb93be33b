// Number attributes in the form in which a mapping's event shows them.

/** Exponents beyond those of SQS's own numbers stay as they were written: their digits would fill a page. */
const GREATEST_EXPONENT = 200;

/** A number as a mapping's event shows it: `0012.3400` is `12.34` (Q-7). What is no number stays as it is. */
export function normalNumber(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const exponent = Number(exponentText);
  if (whole + fraction === "" || Math.abs(exponent) > GREATEST_EXPONENT) return text;
  const digits = whole + fraction;
  const pointAt = whole.length + exponent;
  const padded = pointAt > 0 ? digits.padEnd(pointAt, "0") : digits.padStart(digits.length - pointAt, "0");
  const cut = Math.max(pointAt, 0);
  const left = padded.slice(0, cut).replace(/^0+/, "");
  const right = padded.slice(cut).replace(/0+$/, "");
  const number = `${left === "" ? "0" : left}${right === "" ? "" : `.${right}`}`;
  return sign === "-" && number !== "0" ? `-${number}` : number;
}
