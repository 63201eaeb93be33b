// Refuses, at the call and by name, work that takes its time in the real world, or that no seed governs. Where such work is allowed it is
// noted instead, and what is under way of it is counted.
//
// FE1 A call is refused before anything of it has begun. FE2 The error says what was called, why it is refused, where in the user's own
// source, and what to do. FE3 Node's own loading of modules passes.

import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { callOn, isLoadedLate, type Method, methodOf, put, putLate } from "./members.ts";

export type FenceReason = "network" | "process" | "thread" | "pool" | "write" | "chance" | "clock" | "inside";

const reasons: Readonly<Record<FenceReason, string>> = {
  network: "the network answers in real time",
  process: "a child process runs in real time",
  thread: "another thread runs in real time",
  pool: "it ends when a thread of the real world has done it",
  write: "the next run would find what it writes",
  chance: "its randomness is the system's, which no seed governs",
  clock: "its clock is the system's",
  inside: "it reaches past the simulated world",
};

/** A call that belongs to the real world. */
export interface FencedCall {
  /** As the user may write it: `fs.readFile`. */
  readonly what: string;
  readonly why: string;
  /** `file:line:column` in the user's source, where it is known. */
  readonly place: string | null;
  /** What does the same within the world, where there is such a thing. */
  readonly instead: string | null;
}

export interface FenceRule {
  readonly what: string;
  readonly reason: FenceReason;
  /** What does the same within the world. */
  readonly instead?: string;
  /** How it fails: by the promise that it gives, or at once. */
  readonly form: "promise" | "throws";
}

export interface Fence {
  /** Puts a guard in the place of a member; one that is not there stays away. */
  guard(owner: object, name: PropertyKey, rule: FenceRule): void;
  /** For what is only refused with certain arguments: throws the refusal, or returns where it is allowed. */
  refuse(rule: FenceRule): void;
  /** Allowed calls that have not ended yet. */
  pendingCount(): number;
}

export interface FenceOptions {
  readonly isIoAllowed: boolean;
  /** Absolute folder that places are told from. */
  readonly root: string;
  readonly onCall: (call: FencedCall) => void;
}

const STACK_FRAMES = 60;
/** What these give is one piece of work, which ends with its `close`. */
const ENDS_BY_CLOSING =
  /^(?:https?\.(?:request|get)|child_process\.(?:spawn|exec|execFile|fork)|fs\.create\w+Stream|zlib\.create\w+)$/;
/** Loading of modules, and the reading of their source maps. */
const NODES_LOADING = /^\s+at .*\(?node:internal\/(?:modules|source_map|process\/(?:execution|esm_loader)|main)\b/;
/** Node's own call on the way of one that was noted already; what it makes of a callback is the user's. */
const NODES_OWN = /^\s+at (?:async )?(?:[^(]* \()?node:(?!internal\/util\b)/;
const PLACE = /(?:\(|\bat (?:async )?)((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*:\d+:\d+)\)?$/;
const OUR_FRAME = /[\\/]functions[\\/](?:guest|virtual)[\\/]/;

class RefusedError extends Error {
  override readonly name = "RealWorldRefused";
  readonly code = "ERR_MILLRACE_REAL_WORLD";
}

export function refusalText({ what, why, place, instead }: FencedCall): string {
  const at = place === null ? "" : ` at ${place}`;
  const other = instead === null ? "" : `call ${instead}, or `;
  return `${what}${at} is refused in the simulated world: ${why}; ${other}allow real work (--allow-io)`;
}

export function createFence(options: FenceOptions): Fence {
  let pending = 0;

  function placeOf(frames: readonly string[]): string | null {
    const places = frames.map((line) => PLACE.exec(line)?.[1] ?? null);
    const found = places.filter((place) => place !== null && !OUR_FRAME.test(place));
    const own = found.find((place) => !/[\\/]node_modules[\\/]/.test(place ?? "")) ?? found[0] ?? null;
    if (own === null) return null;
    const [, file = "", position = ""] = /^(.*?)(:\d+:\d+)$/.exec(own) ?? [];
    const path = file.startsWith("file://") ? fileURLToPath(file) : file;
    return relative(options.root, path).replaceAll("\\", "/") + position;
  }

  /** Null: it may go on. */
  function refusalOf(rule: FenceRule): RefusedError | null {
    const frames = framesNow();
    const caller = frames.find((line) => !OUR_FRAME.test(line)) ?? "";
    if (NODES_LOADING.test(caller) || (options.isIoAllowed && NODES_OWN.test(caller))) return null;
    const { what, reason, instead = null } = rule;
    const call: FencedCall = { what, why: reasons[reason], place: placeOf(frames), instead };
    options.onCall(call);
    return options.isIoAllowed ? null : new RefusedError(refusalText(call));
  }

  /** What is under way is counted until its promise or its callback has come. */
  function counted({ what }: FenceRule, call: Method, self: unknown, args: readonly unknown[]): unknown {
    let isOver = false;
    const over = (): void => {
      if (!isOver) pending -= 1;
      isOver = true;
    };
    const last = args.at(-1);
    const isByCallback = typeof last === "function";
    const given = isByCallback
      ? [
          ...args.slice(0, -1),
          function done(this: unknown, ...results: unknown[]): unknown {
            over();
            return Reflect.apply(last, this, results);
          },
        ]
      : args;
    pending += 1;
    try {
      const result: unknown = Reflect.apply(call, self, given);
      if (result instanceof Promise) result.then(over, over);
      else if (ENDS_BY_CLOSING.test(what)) callOn(methodOf(Object(result) as object, "once"), result, "close", over);
      // A listener, a socket, a thread: those that live are seen otherwise.
      else if (!isByCallback || (typeof result === "object" && result !== null)) over();
      return result;
    } catch (error) {
      over();
      throw error;
    }
  }

  function guarded(original: Method, rule: FenceRule): Method {
    function guard(this: unknown, ...args: unknown[]): unknown {
      const refusal = refusalOf(rule);
      if (refusal !== null) {
        if (rule.form === "promise") return Promise.reject(refusal);
        throw refusal;
      }
      if (new.target === undefined)
        return options.isIoAllowed ? counted(rule, original, this, args) : Reflect.apply(original, this, args);
      return Reflect.construct(original, args, new.target === (guard as unknown) ? original : new.target);
    }
    const custom = methodOf(original, promisify.custom);
    const { prototype, ...members } = Object.getOwnPropertyDescriptors(original);
    Reflect.deleteProperty(members, promisify.custom);
    Object.defineProperties(guard, members);
    if (prototype !== undefined) guard.prototype = original.prototype as unknown;
    if (custom !== null) {
      const value = custom === original ? guard : guarded(custom, { ...rule, form: "promise" });
      Object.defineProperty(guard, promisify.custom, { value });
    }
    return guard;
  }

  return {
    guard(owner, name, rule) {
      const wrap = (original: Method | null): Method | null => (original === null ? null : guarded(original, rule));
      if (isLoadedLate(owner, name)) return putLate(owner, name, (found) => wrap(methodOf({ found }, "found")));
      const guard = wrap(methodOf(owner, name));
      if (guard !== null) put(owner, name, guard);
    },
    refuse(rule) {
      const refusal = refusalOf(rule);
      if (refusal !== null) throw refusal;
    },
    pendingCount: () => pending,
  };
}

/** Mapped to the user's sources by Node; whatever the user's code has set for its own stacks. */
function framesNow(): readonly string[] {
  const { stackTraceLimit } = Error;
  const prepare = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  Error.stackTraceLimit = STACK_FRAMES;
  Reflect.deleteProperty(Error, "prepareStackTrace");
  const { stack = "" } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  if (prepare !== undefined) Object.defineProperty(Error, "prepareStackTrace", prepare);
  return stack.split("\n").slice(1);
}
