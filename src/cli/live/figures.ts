// Times as the live view writes them, each with its unit.

import { shownMs } from "../shown-forms.ts";

/** `0.34 s`, `1.8 s`: as many digits as change while one looks. */
export const seconds = (ms: number, digits: number): string => `${(Math.max(0, ms) / 1_000).toFixed(digits)} s`;

/** How long something is held or waits: hundredths under 10 s. */
export const waitText = (ms: number): string => seconds(ms, ms < 9_995 ? 2 : 1);

/** How old something is: `412 ms`, `3.1 s`, `12 min`, `5 h`, `3 d`. */
export function ageText(ms: number): string {
  if (ms < 99_950) return shownMs(Math.max(0, ms));
  const minutes = ms / 60_000;
  if (minutes < 99.5) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  return hours < 47.5 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} d`;
}

/** `01:12`, `2:07:30`. */
export function upText(ms: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const whole = Math.floor(Math.max(0, ms) / 1_000);
  const hours = Math.floor(whole / 3_600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours === 0 ? rest : `${hours}:${rest}`;
}
