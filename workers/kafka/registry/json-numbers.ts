// Numbers of schemas as JSON: what JSON has no number for is text, and a 32-bit float has no more digits than it needs.

export function doubleJson(value: number): string {
  return Number.isFinite(value) ? JSON.stringify(value) : JSON.stringify(String(value));
}

export function floatJson(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return doubleJson(value);
  for (let digits = 1; digits < 9; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return JSON.stringify(shorter);
  }
  return JSON.stringify(Number(value.toPrecision(9)));
}

/** All digits of an integer of 64 bits: a bigint, a number, or the two halves that protobufjs has of it. */
export function integerDigits(value: unknown): string {
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null || !("low" in value) || !("high" in value)) return "0";
  const bits = (BigInt(Number(value.high) >>> 0) << 32n) | BigInt(Number(value.low) >>> 0);
  return String("unsigned" in value && value.unsigned === true ? bits : BigInt.asIntN(64, bits));
}
