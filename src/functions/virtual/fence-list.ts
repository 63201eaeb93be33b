// What the fence stands around, by module. Reading files in step with the code is let through: what is on the disk is input. Writing is
// not: it would be there in the next run.

import childProcess from "node:child_process";
import cluster from "node:cluster";
import crypto from "node:crypto";
import dgram from "node:dgram";
import dns from "node:dns";
import fs from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import inspector from "node:inspector";
import module from "node:module";
import net from "node:net";
import perfHooks from "node:perf_hooks";
import repl from "node:repl";
import tls from "node:tls";
import v8 from "node:v8";
import workerThreads from "node:worker_threads";
import zlib from "node:zlib";
import { callOn, methodOf, put } from "./members.ts";
import type { Fence, FenceReason, FenceRule } from "./fence.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Sync calls of `node:fs` that change something. */
const FS_WRITES =
  /^(?:append|chmod|chown|copy|cp|fchmod|fchown|fdatasync|fsync|ftruncate|futimes|lchmod|lchown|link|lutimes|mkdir|mkdtemp|rename|rm|rmdir|symlink|truncate|unlink|utimes|write)/;
/** Of which the content is the machine's, not a file's. */
const MACHINES_OWN = /^\/(?:dev|proc|sys)(?:\/|$)/;

export function fenceEverything(fence: Fence, time: VirtualTime): void {
  fenceNetwork(fence);
  fenceProcesses(fence);
  fenceFiles(fence);
  fenceThreadPool(fence);
  fenceChance(fence);
  fenceClocks(fence);
  fenceInside(fence);
  fenceRealm(globalThis, fence, time);
}

/** Guards members of these names; `what` names the owner. */
function guardAll(
  fence: Fence,
  owner: object,
  what: string,
  names: readonly string[],
  rule: Omit<FenceRule, "what" | "form"> & { readonly form?: FenceRule["form"] },
): void {
  for (const name of names)
    fence.guard(owner, name, { form: "throws", ...rule, what: what === "" ? name : `${what}.${name}` });
}

const functionsOf = (owner: object): readonly string[] =>
  Object.keys(owner).filter((name) => typeof Reflect.get(owner, name) === "function");
const isLower = (name: string): boolean => /^[a-z]/.test(name);

function fenceNetwork(fence: Fence): void {
  const reason: FenceReason = "network";
  const rule = { reason };
  // Node's own fetch is one of these, and so is what packages build upon: they are met at whichever the call comes by first.
  guardAll(fence, globalThis, "", ["fetch"], { reason, form: "promise" });
  guardAll(fence, globalThis, "", ["WebSocket", "EventSource"], rule);
  guardAll(fence, http, "http", ["request", "get"], rule);
  guardAll(fence, http, "http", ["WebSocket", "ClientRequest"], rule);
  guardAll(fence, https, "https", ["request", "get"], rule);
  guardAll(fence, http2, "http2", ["connect"], rule);
  guardAll(fence, net, "net", ["connect", "createConnection", "_createServerHandle"], rule);
  guardAll(fence, net.Socket.prototype, "net.Socket", ["connect", "setTimeout"], rule);
  guardAll(fence, net.Server.prototype, "net.Server", ["listen"], rule);
  guardAll(fence, tls, "tls", ["connect"], rule);
  guardAll(fence, dgram, "dgram", ["createSocket", "Socket", "_createSocketHandle"], rule);
  const dnsCalls = functionsOf(dns).filter((name) => !/^(?:setServers|getServers|setDefault|getDefault)/.test(name));
  guardAll(fence, dns, "dns", dnsCalls, rule);
  guardAll(fence, dns.promises, "dns.promises", functionsOf(dns.promises), { reason, form: "promise" });
}

function fenceProcesses(fence: Fence): void {
  guardAll(fence, childProcess, "child_process", functionsOf(childProcess).filter(isLower), { reason: "process" });
  guardAll(fence, childProcess, "child_process", ["_forkChild"], { reason: "process" });
  fenceKill(fence);
  guardAll(fence, childProcess.ChildProcess.prototype, "ChildProcess", ["spawn"], { reason: "process" });
  guardAll(fence, cluster, "cluster", ["fork", "setupPrimary", "setupMaster"], { reason: "process" });
  const thread = { reason: "thread" } as const;
  guardAll(fence, workerThreads, "worker_threads", ["Worker", "BroadcastChannel", "postMessageToThread"], thread);
  guardAll(fence, globalThis, "", ["Worker", "BroadcastChannel"], thread);
  for (const owner of new Set([Reflect.get(workerThreads, "locks"), Reflect.get(navigator, "locks")])) {
    if (typeof owner !== "object" || owner === null) continue;
    guardAll(fence, owner, "locks", ["request", "query"], { ...thread, form: "promise" });
  }
}

/** What it does to its own process the guest deals with; others are the machine's. */
function fenceKill(fence: Fence): void {
  const kill = methodOf(process, "kill");
  put(process, "kill", (pid: number, signal?: string | number) => {
    const isOwn = [process.pid, -process.pid, 0, -1].includes(Number(pid));
    if (!isOwn) fence.refuse({ what: "process.kill", reason: "process", form: "throws" });
    return callOn(kill, process, pid, signal);
  });
}

function fenceFiles(fence: Fence): void {
  for (const name of functionsOf(fs)) {
    if (name.endsWith("Sync")) {
      if (FS_WRITES.test(name)) guardAll(fence, fs, "fs", [name], { reason: "write" });
    } else if (isLower(name)) {
      const sync = `${name}Sync`;
      const instead = name === "createReadStream" ? "readFileSync" : sync;
      const isThere = Reflect.has(fs, instead) && !FS_WRITES.test(name);
      guardAll(fence, fs, "fs", [name], { reason: "pool", ...(isThere ? { instead: `fs.${instead}` } : {}) });
    }
  }
  guardAll(fence, fs, "fs", ["ReadStream", "WriteStream", "FileReadStream", "FileWriteStream"], { reason: "pool" });
  guardAll(fence, fs.Dir.prototype, "fs.Dir", ["read", "close", "entries"], { reason: "pool", instead: "readSync" });
  for (const name of functionsOf(fs.promises)) {
    const sync = `${name}Sync`;
    const isThere = Reflect.has(fs, sync) && !FS_WRITES.test(name);
    guardAll(fence, fs.promises, "fs.promises", [name], {
      reason: "pool",
      form: "promise",
      ...(isThere ? { instead: `fs.${sync}` } : {}),
    });
  }
  fenceOpening(fence);
}

/** A file may be read, but not written by its descriptor, and what is no file may not be read. */
function fenceOpening(fence: Fence): void {
  const { openSync, readFileSync, realpathSync } = fs;
  function look(path: unknown, what: string): void {
    if (typeof path !== "string" && !(path instanceof URL) && !Buffer.isBuffer(path)) return;
    let real: string;
    try {
      real = realpathSync(path);
    } catch {
      return; // Not there: the call itself says so.
    }
    if (MACHINES_OWN.test(real))
      fence.refuse({ what: `${what}(${JSON.stringify(real)})`, reason: "inside", form: "throws" });
  }
  put(fs, "openSync", (path: fs.PathLike, flags?: fs.OpenMode, mode?: fs.Mode) => {
    look(path, "fs.openSync");
    const isReading = flags === undefined || flags === null || flags === "r" || flags === "rs" || flags === 0;
    if (!isReading) fence.refuse({ what: "fs.openSync for writing", reason: "write", form: "throws" });
    return openSync(path, flags ?? "r", mode);
  });
  put(fs, "readFileSync", (path: fs.PathOrFileDescriptor, options?: object) => {
    look(path, "fs.readFileSync");
    return readFileSync(path, options as Parameters<typeof readFileSync>[1]);
  });
}

function fenceThreadPool(fence: Fence): void {
  const reason: FenceReason = "pool";
  for (const name of ["pbkdf2", "scrypt", "hkdf", "argon2", "checkPrime"]) {
    guardAll(fence, crypto, "crypto", [name], { reason, instead: `crypto.${name}Sync` });
  }
  const subtle = Object.getOwnPropertyNames(Object.getPrototypeOf(crypto.webcrypto.subtle) as object);
  guardAll(
    fence,
    Object.getPrototypeOf(crypto.webcrypto.subtle) as object,
    "crypto.subtle",
    subtle.filter((name) => name !== "constructor"),
    {
      reason,
      form: "promise",
    },
  );
  // By a callback these two go to the pool; without one they are done at once.
  for (const name of ["sign", "verify"] as const) {
    const original = crypto[name] as (...args: unknown[]) => unknown;
    put(crypto, name, (...args: unknown[]) => {
      if (typeof args.at(-1) === "function")
        fence.refuse({ what: `crypto.${name}`, reason, form: "throws", instead: `crypto.${name} without a callback` });
      return original(...args);
    });
  }
  for (const name of functionsOf(zlib)) {
    if (Reflect.has(zlib, `${name}Sync`))
      guardAll(fence, zlib, "zlib", [name], { reason, instead: `zlib.${name}Sync` });
    else if (/^create[A-Z]/.test(name) || (/^[A-Z]/.test(name) && /zip|flate|Brotli|Zstd/.test(name)))
      guardAll(fence, zlib, "zlib", [name], { reason });
  }
  guardAll(fence, globalThis, "", ["CompressionStream", "DecompressionStream"], { reason });
  guardAll(fence, Blob.prototype, "Blob", ["arrayBuffer", "bytes", "text"], {
    reason,
    form: "promise",
    instead: "a Buffer",
  });
  guardAll(fence, Blob.prototype, "Blob", ["stream"], { reason, instead: "a Buffer" });
}

function fenceChance(fence: Fence): void {
  const rule = { reason: "chance" } as const;
  const names = ["generateKey", "generateKeyPair", "generatePrime"].flatMap((name) => [name, `${name}Sync`]);
  guardAll(
    fence,
    crypto,
    "crypto",
    [...names, "publicEncrypt", "createDiffieHellman", "createECDH", "encapsulate"],
    rule,
  );
  guardAll(fence, quietly("node:sqlite"), "sqlite", ["DatabaseSync", "backup"], rule);
}

function fenceClocks(fence: Fence): void {
  const rule = { reason: "clock" } as const;
  guardAll(fence, perfHooks, "perf_hooks", ["monitorEventLoopDelay"], rule);
  guardAll(fence, globalThis, "", ["PerformanceObserver"], rule);
  guardAll(fence, perfHooks, "perf_hooks", ["PerformanceObserver"], rule);
  guardAll(fence, v8, "v8", ["GCProfiler", "startCpuProfile", "startHeapProfile"], rule);
  guardAll(fence, quietly("node:wasi"), "wasi", ["WASI"], rule);
}

/** Modules that warn when they are loaded: the user's code has not asked for them. */
function quietly(name: string): object {
  const emitWarning = methodOf(process, "emitWarning");
  put(process, "emitWarning", () => undefined);
  const found = process.getBuiltinModule(name);
  put(process, "emitWarning", emitWarning);
  return typeof found === "object" && found !== null ? found : {};
}

function fenceInside(fence: Fence): void {
  const rule = { reason: "inside" } as const;
  guardAll(fence, process, "process", ["binding", "_linkedBinding", "dlopen", "_debugProcess", "_debugEnd"], rule);
  guardAll(fence, process.report, "process.report", ["getReport", "writeReport"], rule);
  guardAll(fence, inspector, "inspector", ["open", "close", "url", "waitForDebugger", "Session"], rule);
  const withPromises = process.getBuiltinModule("node:inspector/promises");
  guardAll(fence, withPromises, "inspector", ["Session"], rule);
  guardAll(fence, module, "module", ["register"], rule);
  guardAll(fence, repl, "repl", ["start"], rule);
  const heap = [
    "getHeapSnapshot",
    "writeHeapSnapshot",
    "setHeapSnapshotNearHeapLimit",
    "setFlagsFromString",
    "queryObjects",
  ];
  guardAll(fence, v8, "v8", heap, rule);
}

/** What each realm has of its own. */
export function fenceRealm(global: typeof globalThis, fence: Fence, time: VirtualTime): void {
  const asm = { reason: "pool", form: "promise" } as const;
  const webAssembly = Reflect.get(global, "WebAssembly") as object;
  guardAll(fence, webAssembly, "WebAssembly", ["compile"], { ...asm, instead: "new WebAssembly.Module" });
  guardAll(fence, webAssembly, "WebAssembly", ["instantiate"], { ...asm, instead: "new WebAssembly.Instance" });
  guardAll(fence, webAssembly, "WebAssembly", ["compileStreaming", "instantiateStreaming"], asm);
  replaceAtomics(global.Atomics, fence, time);
}

/** Nobody else could ever wake it: a wait passes its time in the world. */
function replaceAtomics(atomics: typeof Atomics, fence: Fence, time: VirtualTime): void {
  const { load } = atomics;
  put(atomics, "wait", (cells: Int32Array, index: number, value: number, ms?: number) => {
    if (load(cells, index) !== value) return "not-equal";
    if (ms === undefined || !Number.isFinite(ms))
      fence.refuse({ what: "Atomics.wait without a time limit", reason: "thread", form: "throws" });
    time.block(Math.max(0, ms ?? 0));
    return "timed-out";
  });
  guardAll(fence, atomics, "Atomics", ["waitAsync"], { reason: "thread" });
}
