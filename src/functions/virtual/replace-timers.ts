// Puts the world's timers in the place of Node's: globals, `node:timers`, `node:timers/promises`, `AbortSignal.timeout`. As Node's they
// take arguments, are numbers where one is wanted, can be refreshed and disposed of, and abort with their signal. `unref` changes
// nothing: a guest's thread does not end by itself.

import { promisify } from "node:util";
import { putDeep } from "./members.ts";
import type { VirtualTime, VirtualTimer } from "./virtual-time.ts";

type Callback = (...args: unknown[]) => void;

export function replaceTimers(time: VirtualTime): void {
  const timers = process.getBuiltinModule("node:timers");
  const timersPromises = process.getBuiltinModule("node:timers/promises");
  class Timeout {
    readonly #timer: VirtualTimer;
    constructor(timer: VirtualTimer) {
      this.#timer = timer;
    }
    ref(): this {
      return this;
    }
    unref(): this {
      return this;
    }
    hasRef(): boolean {
      return true;
    }
    refresh(): this {
      if (this.#timer.isSet) time.refresh(this.#timer);
      return this;
    }
    close(): this {
      time.clear(this.#timer);
      return this;
    }
    [Symbol.toPrimitive](): number {
      return this.#timer.id;
    }
    [Symbol.dispose](): void {
      time.clear(this.#timer);
    }
  }

  class Immediate {
    readonly cancel: () => void;
    constructor(cancel: () => void) {
      this.cancel = cancel;
    }
    ref(): this {
      return this;
    }
    unref(): this {
      return this;
    }
    hasRef(): boolean {
      return true;
    }
    [Symbol.dispose](): void {
      this.cancel();
    }
  }

  const start = (isRepeated: boolean) =>
    function set(callback: Callback, delayMs?: number, ...args: unknown[]): Timeout {
      assertCallback(callback);
      const timer = time.setTimer(() => callback.apply(timeout, args), Number(delayMs ?? 1), isRepeated);
      const timeout = new Timeout(timer);
      return timeout;
    };
  const setTimeout = Object.defineProperty(start(false), "name", { value: "setTimeout" });
  const setInterval = Object.defineProperty(start(true), "name", { value: "setInterval" });

  const setImmediate = (callback: Callback, ...args: unknown[]): Immediate => {
    assertCallback(callback);
    return new Immediate(time.addImmediate(() => callback(...args)));
  };

  function clear(wanted: unknown): void {
    if (wanted instanceof Timeout) wanted.close();
    else if (typeof wanted === "number" || typeof wanted === "string") {
      const timer = time.timerOf(Number(wanted));
      if (timer !== null) time.clear(timer);
    }
  }
  const clearTimeout = (timeout: unknown): void => clear(timeout);
  const clearInterval = (timeout: unknown): void => clear(timeout);
  const clearImmediate = (immediate: unknown): void => {
    if (immediate instanceof Immediate) immediate.cancel();
  };

  // --- By promise ---------------------------------------------------------------------------------------------------------

  interface Options {
    readonly signal?: AbortSignal;
    readonly ref?: boolean;
  }

  function wait<T>(begin: (done: () => void) => () => void, value: T, { signal }: Options = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(abortError(signal));
      const onAbort = (): void => {
        cancel();
        reject(abortError(signal));
      };
      const cancel = begin(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve(value);
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  const later = (ms: number) => (done: () => void) => {
    const timer = time.setTimer(done, ms, false);
    return () => time.clear(timer);
  };

  const setTimeoutPromise = <T>(ms?: number, value?: T, options?: Options) =>
    wait(later(Number(ms ?? 1)), value, options);
  const setImmediatePromise = <T>(value?: T, options?: Options) =>
    wait((done) => time.addImmediate(done), value, options);
  async function* setIntervalPromise<T>(ms?: number, value?: T, options?: Options): AsyncGenerator<T | undefined> {
    for (;;) yield await wait(later(Number(ms ?? 1)), value, options);
  }

  Object.defineProperty(setTimeout, promisify.custom, { value: setTimeoutPromise });
  Object.defineProperty(setImmediate, promisify.custom, { value: setImmediatePromise });

  const globals = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
  }
  Object.assign(timers, globals);
  for (const name of ["enroll", "unenroll", "active", "_unrefActive"]) Reflect.deleteProperty(timers, name);
  Object.assign(timersPromises, {
    setTimeout: setTimeoutPromise,
    setImmediate: setImmediatePromise,
    setInterval: setIntervalPromise,
  });
  for (const [name, value] of [
    ["wait", (ms: number, options?: Options) => wait(later(ms), undefined, options)],
    ["yield", () => setImmediatePromise()],
  ] as const) {
    putDeep(timersPromises.scheduler, name, value);
  }

  Object.defineProperty(AbortSignal, "timeout", {
    value(ms: number): AbortSignal {
      const controller = new AbortController();
      const text = "The operation was aborted due to timeout";
      time.setTimer(() => controller.abort(new DOMException(text, "TimeoutError")), ms, false);
      return controller.signal;
    },
    writable: true,
    configurable: true,
  });
}

function assertCallback(callback: unknown): asserts callback is Callback {
  if (typeof callback === "function") return;
  const error = new TypeError(`The "callback" argument must be of type function. Received ${String(callback)}`);
  throw Object.assign(error, { code: "ERR_INVALID_ARG_TYPE" });
}

function abortError(signal: AbortSignal | undefined): Error {
  const error = new Error("The operation was aborted", { cause: signal?.reason });
  error.name = "AbortError";
  return Object.assign(error, { code: "ABORT_ERR" });
}
