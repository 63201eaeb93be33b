// Puts chance drawn from the world's seed in the place of the system's: `Math.random`, and what `node:crypto` and the global `crypto`
// draw without a thread of the pool. Keys and primes cannot be drawn so; they are refused (src/functions/virtual/fence-list.ts).

import crypto from "node:crypto";
import { put, putDeep } from "./members.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Numbers in [0, 1), and bytes, each from a stream of its own. */
export interface GuestChance {
  number(): number;
  /** A whole number of 32 bits. */
  word(): number;
}

type Done<T> = (error: null, value: T) => void;

const UUID_BYTES = 16;
const MAX_RANDOM_VALUES_BYTES = 65_536;
const MAX_INT_RANGE = 2 ** 48 - 1;

export function replaceChance(chance: GuestChance, time: VirtualTime): void {
  put(Math, "random", () => chance.number());

  function fill<T extends ArrayBuffer | ArrayBufferView>(target: T, offset = 0, size?: number): T {
    const bytes = bytesOf(target).subarray(offset, size === undefined ? undefined : offset + size);
    for (let at = 0; at < bytes.length; at += 4) {
      const word = chance.word();
      for (let byte = 0; byte < 4 && at + byte < bytes.length; byte++) bytes[at + byte] = (word >>> (8 * byte)) & 0xff;
    }
    return target;
  }

  /** By callback, in a later turn of this instant; else at once. */
  function give<T>(value: T, done: unknown): T | undefined {
    if (typeof done !== "function") return value;
    time.addImmediate(() => (done as Done<T>)(null, value));
    return undefined;
  }

  const randomBytes = (size: number, done?: unknown) => give(fill(Buffer.alloc(size)), done);

  function randomInt(low: number, high?: unknown, done?: unknown): number | undefined {
    const [least, most, call] = typeof high === "number" ? [low, high, done] : [0, low, high];
    const range = most - least;
    if (!Number.isSafeInteger(least) || !Number.isSafeInteger(most) || range <= 0 || range > MAX_INT_RANGE) {
      const error = new RangeError(`The value of "max" is out of range. Received ${String(most)}`);
      throw Object.assign(error, { code: "ERR_OUT_OF_RANGE" });
    }
    return give(least + Math.floor(chance.number() * range), call);
  }

  function randomFill(target: ArrayBuffer | ArrayBufferView, ...rest: unknown[]): void {
    const numbers = rest.filter((each) => typeof each === "number");
    give(fill(target, numbers[0], numbers[1]), rest.at(-1));
  }

  function randomUuid(): string {
    const bytes = fill(Buffer.alloc(UUID_BYTES));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    return uuidText(bytes);
  }

  /** Version 7: its first 48 bits are the world's time. */
  function randomUuid7(): string {
    const bytes = fill(Buffer.alloc(UUID_BYTES));
    bytes.writeUIntBE(Math.floor(time.wallMs()), 0, 6);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    return uuidText(bytes);
  }

  function getRandomValues<T extends ArrayBufferView>(target: T): T {
    if (target.byteLength > MAX_RANDOM_VALUES_BYTES)
      throw new DOMException(`The requested length exceeds ${MAX_RANDOM_VALUES_BYTES} bytes`, "QuotaExceededError");
    return fill(target);
  }

  const members = {
    randomBytes,
    pseudoRandomBytes: randomBytes,
    prng: randomBytes,
    rng: randomBytes,
    randomInt,
    randomFill,
    randomFillSync: fill,
    getRandomValues,
  };
  for (const [name, value] of Object.entries(members)) put(crypto, name, value);
  if (Reflect.has(crypto, "randomUUIDv7")) put(crypto, "randomUUIDv7", randomUuid7);
  putDeep(crypto.webcrypto, "getRandomValues", getRandomValues);
  for (const owner of [crypto, crypto.webcrypto]) putDeep(owner, "randomUUID", randomUuid);
}

function bytesOf(target: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (ArrayBuffer.isView(target)) return new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  return new Uint8Array(target);
}

function uuidText(bytes: Buffer): string {
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
