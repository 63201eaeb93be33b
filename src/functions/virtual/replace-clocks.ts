// Puts the world's time in the place of the system's clocks: `Date`, `performance`, `process.hrtime`, `process.uptime`, `Intl`'s present
// instant, `Temporal.Now`, `console.time`, the time stamp of an event. Dates are computed as ever; only what they read is the world's.

import { Console } from "node:console";
import perfHooks from "node:perf_hooks";
import { callOn, methodOf, put, putDeep } from "./members.ts";
import { datesInUtc } from "./replace-zone.ts";
import type { VirtualTime } from "./virtual-time.ts";

const NS_PER_MS = 1_000_000;
const MS_PER_S = 1_000;

/** `isUtc`: the process's time zone is UTC. */
export function replaceClocks(time: VirtualTime, isUtc: boolean): void {
  const wallMs = (): number => Math.floor(time.wallMs());
  const sinceOriginMs = (): number => time.steadyMs() - time.origin.steadyMs;
  replaceRealmClocks(globalThis, wallMs, isUtc);
  replacePerformance(time, sinceOriginMs);
  replaceProcessClocks(sinceOriginMs, () => time.steadyMs());
  replaceConsoleTimes(sinceOriginMs);
  replaceEventTimes(sinceOriginMs);
}

/** Those that each realm has of its own. */
export function replaceRealmClocks(global: typeof globalThis, wallMs: () => number, isUtc: boolean): void {
  put(global, "Date", makeDate(isUtc ? global.Date : datesInUtc(global), wallMs));
  replaceIntl(global.Intl, wallMs);
  replaceTemporal(global, wallMs);
}

/** A `Date` whose present is told. The real one's prototype is its own, so that every date is one of both. */
function makeDate(real: DateConstructor, wallMs: () => number): DateConstructor {
  function Date(...args: unknown[]): string | Date {
    if (new.target === undefined) return new real(wallMs()).toString();
    const target = new.target === (Date as unknown) ? real : new.target;
    return Reflect.construct(real, args.length === 0 ? [wallMs()] : args, target) as Date;
  }
  const members = Object.getOwnPropertyDescriptors(real);
  Object.defineProperties(Date, { ...members, now: { value: () => wallMs(), writable: true, configurable: true } });
  Object.defineProperty(real.prototype, "constructor", { value: Date, writable: true, configurable: true });
  return Date as unknown as DateConstructor;
}

/** Where no date is given `Intl` takes the present one. */
function replaceIntl(intl: typeof Intl, wallMs: () => number): void {
  const prototype = intl.DateTimeFormat.prototype;
  const format = Object.getOwnPropertyDescriptor(prototype, "format") ?? {};
  const formats = new WeakMap<object, (date?: unknown) => string>();
  Object.defineProperty(prototype, "format", {
    get(this: Intl.DateTimeFormat) {
      const found = formats.get(this);
      if (found !== undefined) return found;
      const real = callOn(methodOf(format, "get"), this) as (date: unknown) => string;
      const own = (date?: unknown): string => real(date === undefined ? wallMs() : date);
      formats.set(this, own);
      return own;
    },
    configurable: true,
  });
  const formatToParts = methodOf(prototype, "formatToParts");
  put(prototype, "formatToParts", function parts(this: Intl.DateTimeFormat, date?: Date | number) {
    return callOn(formatToParts, this, date === undefined ? wallMs() : date);
  });
}

/** Where this Node has Temporal, its present is made from an instant that is told. */
function replaceTemporal(global: object, wallMs: () => number): void {
  const temporal: unknown = Reflect.get(global, "Temporal");
  const now: unknown = typeof temporal === "object" && temporal !== null ? Reflect.get(temporal, "Now") : null;
  if (typeof temporal !== "object" || temporal === null || typeof now !== "object" || now === null) return;
  const makers = Reflect.get(temporal, "Instant") as object;
  const fromMs = methodOf(makers, "fromEpochMilliseconds");
  const instant = () => callOn(fromMs, makers, wallMs()) as object;
  const zoned = (zone?: string) => {
    const at = instant();
    return callOn(methodOf(at, "toZonedDateTimeISO"), at, zone ?? "UTC") as object;
  };
  put(now, "instant", instant);
  put(now, "zonedDateTimeISO", zoned);
  put(now, "timeZoneId", () => "UTC");
  for (const [name, member] of [
    ["plainDateTimeISO", "toPlainDateTime"],
    ["plainDateISO", "toPlainDate"],
    ["plainTimeISO", "toPlainTime"],
  ] as const) {
    put(now, name, (zone?: string) => {
      const at = zoned(zone);
      return callOn(methodOf(at, member), at);
    });
  }
}

function replacePerformance(time: VirtualTime, nowMs: () => number): void {
  const { performance } = globalThis;
  const mark = methodOf(performance, "mark");
  const measure = methodOf(performance, "measure");
  putDeep(performance, "now", nowMs);
  putDeep(performance, "timeOrigin", time.origin.wallMs);
  putDeep(performance, "toJSON", () => ({
    timeOrigin: time.origin.wallMs,
    nodeTiming: {},
    eventLoopUtilization: idle,
  }));
  putDeep(performance, "nodeTiming", Object.freeze({ name: "node", entryType: "node", startTime: 0, duration: 0 }));
  putDeep(performance, "eventLoopUtilization", () => idle);
  put(perfHooks, "eventLoopUtilization", () => idle);
  // A timed function would fill its histogram with real durations.
  putDeep(performance, "timerify", (timed: unknown) => timed);
  put(perfHooks, "timerify", (timed: unknown) => timed);
  putDeep(performance, "mark", (name: string, options: perfHooks.MarkOptions = {}) =>
    callOn(mark, performance, name, { startTime: nowMs(), ...options }),
  );
  putDeep(performance, "measure", (name: string, from?: string | perfHooks.MeasureOptions, to?: string) => {
    const given = typeof from === "object" ? from : { start: from ?? 0, ...(to === undefined ? {} : { end: to }) };
    const isEndKnown = given.end !== undefined || (given.start !== undefined && given.duration !== undefined);
    return callOn(measure, performance, name, isEndKnown ? given : { ...given, end: nowMs() });
  });
}

const idle = Object.freeze({ idle: 0, active: 0, utilization: 0 });

function replaceProcessClocks(sinceOriginMs: () => number, steadyMs: () => number): void {
  const bigint = (): bigint => BigInt(Math.round(steadyMs() * NS_PER_MS));
  function hrtime(since?: readonly [number, number]): [number, number] {
    const perSecond = BigInt(NS_PER_MS * MS_PER_S);
    const before = since === undefined ? 0n : BigInt(since[0]) * perSecond + BigInt(since[1]);
    const ns = bigint() - before;
    const seconds = ns / perSecond;
    return [Number(seconds), Number(ns - seconds * perSecond)];
  }
  put(process, "hrtime", Object.assign(hrtime, { bigint }));
  put(process, "uptime", () => sinceOriginMs() / MS_PER_S);
}

/** `console.time` and its family read a clock that nobody can reach; these write the same text from the world's. */
function replaceConsoleTimes(nowMs: () => number): void {
  const begunAtMs = new Map<string, number>();
  const told = (label: string): string => `${label}: ${durationText(nowMs() - (begunAtMs.get(label) ?? nowMs()))}`;
  const isThere = (label: string, method: string): boolean => {
    if (begunAtMs.has(label)) return true;
    process.emitWarning(`No such label '${label}' for console.${method}()`);
    return false;
  };
  const methods = {
    time(label = "default") {
      if (!begunAtMs.has(label)) begunAtMs.set(label, nowMs());
    },
    timeLog(this: Console, label = "default", ...rest: unknown[]) {
      if (isThere(label, "timeLog")) this.log(told(label), ...rest);
    },
    timeEnd(this: Console, label = "default") {
      if (!isThere(label, "timeEnd")) return;
      this.log(told(label));
      begunAtMs.delete(label);
    },
  };
  for (const [name, method] of Object.entries(methods)) {
    put(console, name, (...args: unknown[]) => Reflect.apply(method, console, args));
    put(Console.prototype, name, method);
  }
}

/** As Node's console tells a duration. */
function durationText(ms: number): string {
  if (ms < MS_PER_S) return `${Number(ms.toFixed(3))}ms`;
  const seconds = ms / MS_PER_S;
  if (seconds < 60) return `${seconds.toFixed(3)}s`;
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds % 60).toFixed(3).padStart(6, "0");
  if (minutes < 60) return `${minutes}:${rest} (m:ss.mmm)`;
  const hours = Math.floor(minutes / 60);
  return `${hours}:${String(minutes % 60).padStart(2, "0")}:${(seconds % 60).toFixed(0).padStart(2, "0")} (h:mm:ss)`;
}

/** An event's own stamp is a real one: it is told when it is first looked at. */
function replaceEventTimes(nowMs: () => number): void {
  const stamps = new WeakMap<object, number>();
  Object.defineProperty(Event.prototype, "timeStamp", {
    get(this: object) {
      const found = stamps.get(this) ?? nowMs();
      stamps.set(this, found);
      return found;
    },
    configurable: true,
    enumerable: true,
  });
}
