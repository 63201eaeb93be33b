// Dates in UTC, as on AWS, on a machine of another time zone: a thread of Node has its process's zone, and no variable of its own
// environment changes that.

import { callOn, methodOf, put } from "./members.ts";

const PARTS = ["Date", "Day", "FullYear", "Hours", "Milliseconds", "Minutes", "Month", "Seconds"] as const;
/** A text that says its own zone, or is a date alone, which is UTC by the language's own rule. */
const HAS_ZONE = /(?:Z|GMT|UTC?|[ECMP][SD]T|[+-]\d{2}:?\d{2})\s*(?:\(.*\))?$|^[+-]?\d{4,6}(?:-\d{2}){0,2}$/i;
const ISO_TIME = /^[+-]?\d{4,6}-\d{2}-\d{2}T/;

interface Realm {
  readonly Date: DateConstructor;
  readonly Intl: typeof Intl;
}

/** Before the present of these is replaced: answers the date that computes in UTC. */
export function datesInUtc(realm: Realm): DateConstructor {
  replaceParts(realm.Date.prototype);
  replaceFormats(realm.Intl, realm.Date.prototype);
  return makeUtcDate(realm.Date);
}

function replaceParts(prototype: object): void {
  for (const part of PARTS) {
    put(prototype, `get${part}`, methodOf(prototype, `getUTC${part}`));
    const set = methodOf(prototype, `setUTC${part}`);
    if (set !== null) put(prototype, `set${part}`, set);
  }
  const text = methodOf(prototype, "toUTCString");
  /** `Sat, 31 Jan 2026 23:00:00 GMT` in its parts. */
  const partsOf = (date: unknown): readonly string[] =>
    /^(\w+), (\d+) (\w+) (-?\d+) (\S+) GMT$/.exec(String(callOn(text, date))) ?? [];
  const dateText = (date: unknown): string => {
    const [, day, number, month, year] = partsOf(date);
    return day === undefined ? "Invalid Date" : `${day} ${month} ${number} ${year}`;
  };
  const timeText = (date: unknown): string => {
    const [, , , , , time] = partsOf(date);
    return time === undefined ? "Invalid Date" : `${time} GMT+0000 (Coordinated Universal Time)`;
  };
  const methods = {
    getTimezoneOffset: (date: Date) => (Number.isNaN(date.getTime()) ? Number.NaN : 0),
    toDateString: dateText,
    toTimeString: timeText,
    toString: (date: Date) => (Number.isNaN(date.getTime()) ? "Invalid Date" : `${dateText(date)} ${timeText(date)}`),
  };
  for (const [name, method] of Object.entries(methods))
    put(prototype, name, function told(this: Date) {
      return method(this);
    });
}

function replaceFormats(intl: typeof Intl, prototype: object): void {
  const inUtc = (options: unknown): object => ({ timeZone: "UTC", ...(options as object | undefined) });
  for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) {
    const format = methodOf(prototype, name);
    put(prototype, name, function told(this: Date, locales?: unknown, options?: unknown) {
      return callOn(format, this, locales, inUtc(options));
    });
  }
  const real = intl.DateTimeFormat;
  function DateTimeFormat(locales?: unknown, options?: unknown): object {
    const target = new.target === undefined || new.target === (DateTimeFormat as unknown) ? real : new.target;
    return Reflect.construct(real, [locales, inUtc(options)], target) as object;
  }
  Object.defineProperties(DateTimeFormat, Object.getOwnPropertyDescriptors(real));
  put(real.prototype, "constructor", DateTimeFormat);
  put(intl, "DateTimeFormat", DateTimeFormat);
}

function makeUtcDate(real: DateConstructor): DateConstructor {
  const parse = (text: unknown): number => {
    const given = String(text).trim();
    return real.parse(HAS_ZONE.test(given) ? given : given + (ISO_TIME.test(given) ? "Z" : " UTC"));
  };
  function instantOf(args: readonly unknown[]): readonly unknown[] {
    const [first] = args;
    if (args.length > 1) return [Reflect.apply(real.UTC, real, args)];
    return typeof first === "string" ? [parse(first)] : args;
  }
  function Date(...args: unknown[]): string | Date {
    if (new.target === undefined) return new real().toString();
    return Reflect.construct(real, instantOf(args), new.target === (Date as unknown) ? real : new.target) as Date;
  }
  const members = Object.getOwnPropertyDescriptors(real);
  Object.defineProperties(Date, { ...members, parse: { value: parse, writable: true, configurable: true } });
  put(real.prototype, "constructor", Date);
  return Date as unknown as DateConstructor;
}
