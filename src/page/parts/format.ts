// How figures are written on both pages: each with its unit, the same words as in the terminal. Locale and time zone never change a figure;
// only a wall clock is local.

/** `6,291,456`; at most `digits` (default 0) decimals, no trailing zeros. */
export const shownNumber = (value: number, digits = 0): string =>
  value.toLocaleString("en-US", { maximumFractionDigits: digits });

/** For an axis: `950`, `12,000`, `1.5 M`; small ones with what decimals they have, to three digits. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${shownNumber(value / 1e9, 1)} G`;
  if (size >= 1e6) return `${shownNumber(value / 1e6, 1)} M`;
  return size >= 10 || size === 0
    ? shownNumber(value, 1)
    : value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

/** A length: `0 ms`, `0.25 ms`, `412 ms`, `3.90 s`, `38.1 s`, `12 min 05 s`, `3 h 20 min`. */
export function shownMs(ms: number): string {
  const size = Math.abs(ms);
  if (size < 999.5) return `${shownNumber(ms, size < 10 ? 2 : size < 100 ? 1 : 0)} ms`;
  if (size < 59_950) return `${(ms / 1_000).toFixed(size < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (size < 3_600_000) return `${Math.trunc(seconds / 60)} min ${two(Math.abs(seconds % 60))} s`;
  const minutes = Math.round(ms / 60_000);
  return `${shownNumber(Math.trunc(minutes / 60))} h ${two(Math.abs(minutes % 60))} min`;
}

/** For an axis whose name says `s`: `0.01`, `1`, `60`. */
export const secondsOfMs = (ms: number): string => shortNumber(ms / 1_000);

/** A moment of a run: `0:24`, `12:05`, `1:00:09`. Whole seconds. */
export function shownRunTime(seconds: number): string {
  const whole = Math.round(seconds);
  const hours = Math.trunc(whole / 3_600);
  const minutes = Math.trunc((whole % 3_600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Exact: `6,291,456 B`. */
export const shownBytes = (bytes: number): string => `${shownNumber(bytes)} B`;

/** For an axis: `512`, `32 Ki`, `6 Mi`. */
export function shortBytes(bytes: number): string {
  if (bytes >= 1_048_576) return `${shownNumber(bytes / 1_048_576, 1)} Mi`;
  return bytes >= 1_024 ? `${shownNumber(bytes / 1_024, 1)} Ki` : shownNumber(bytes);
}

/** Of a share from 0 to 1: `93 %`; under 10 % with a decimal; what is not nothing is never `0 %`, what is not all never `100 %`. */
export function shownShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  if (percent < 100 && percent > 99.9) return "> 99.9 %";
  return `${shownNumber(percent, percent < 10 || percent > 99 ? 1 : 0)} %`;
}

/** `$0.0042`, `$12.30`; under a cent to two digits that count. */
export function shownUsd(usd: number): string {
  if (usd === 0) return "$0";
  if (Math.abs(usd) >= 0.995)
    return `$${usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return `$${usd.toLocaleString("en-US", { maximumSignificantDigits: 2, maximumFractionDigits: 10 })}`;
}

/** Local time of day of an instant (epoch ms): `12:04:31.207`, or `12:04:31` without `isExact`. */
export function shownClock(atMs: number, isExact = true): string {
  const date = new Date(atMs);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return isExact ? `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}` : clock;
}

/** `1 batch`, `2 batches`, `3 retries`. */
export const counted = (count: number, one: string): string =>
  `${shownNumber(count)} ${count === 1 ? one : manyOf(one)}`;

const manyOf = (one: string): string =>
  one.endsWith("ch") ? `${one}es` : /[^aeiou]y$/.test(one) ? `${one.slice(0, -1)}ies` : `${one}s`;

/** The first 8 characters of an id. */
export const shortId = (id: string): string => id.slice(0, 8);

const two = (value: number): string => String(value).padStart(2, "0");
