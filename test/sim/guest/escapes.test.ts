// Ways by which code could reach real time, chance or work: each is the world's own, the same in two worlds of one seed, or it is refused
// by its name.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GuestWorld, aGuestWorld, STARTS_AT_MS } from "./guest-world.ts";

/** Runs the code that it is given, by all means of loading there are. */
const runner = {
  "runner.mjs": `
    import { createRequire } from "node:module";
    const own = createRequire(import.meta.url);
    const AsyncFunction = (async () => {}).constructor;
    export const handler = ({ code }) => new AsyncFunction("require", "load", code)(own, (name) => import(name));`,
};

/** The answer of each is the same in both worlds; where a number is given it is the world's present, in epoch ms or since its start. */
/** The answer is known. */
const known: readonly [what: string, code: string, answer: unknown][] = [
  ["Date.now", "return Date.now()", STARTS_AT_MS],
  ["new Date", "return new Date().getTime()", STARTS_AT_MS],
  ["Date as a function", "return Date() === new Date().toString()", true],
  ["Reflect.construct of Date", "return Reflect.construct(Date, []).getTime()", STARTS_AT_MS],
  ["a class over Date", "return new (class extends Date {})().getTime()", STARTS_AT_MS],
  ["a date's constructor", "return new (new Date(0).constructor)().getTime()", STARTS_AT_MS],
  [
    "Date of a file's times",
    "return new (require('fs').statSync(process.cwd()).mtime.constructor)().getTime()",
    STARTS_AT_MS,
  ],
  ["Date of a new context", "return require('vm').runInNewContext('Date.now()')", STARTS_AT_MS],
  [
    "Date of a made context",
    "const vm = require('vm'); return vm.runInContext('new Date().getTime()', vm.createContext())",
    STARTS_AT_MS,
  ],
  ["Date of a script", "return new (require('vm').Script)('+new Date').runInNewContext()", STARTS_AT_MS],
  ["a context's Function", "return require('vm').runInNewContext('Function(\"return Date.now()\")()')", STARTS_AT_MS],
  [
    "a context's constructors",
    "return require('vm').runInNewContext('this.constructor.constructor(\"return Date.now()\")()')",
    STARTS_AT_MS,
  ],
  [
    "Intl's present",
    "return new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', dateStyle: 'short', timeStyle: 'medium' }).format()",
    "31/01/2026, 23:00:00",
  ],
  [
    "Intl's present in parts",
    "return new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).formatToParts().map((part) => part.value).join('')",
    "1/31/2026",
  ],
  [
    "Intl of a context",
    "return require('vm').runInNewContext(\"new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).format()\")",
    "1/31/2026",
  ],
  ["performance.now", "return performance.now()", 0],
  ["performance of perf_hooks", "return require('perf_hooks').performance.now()", 0],
  ["performance.timeOrigin", "return performance.timeOrigin", STARTS_AT_MS],
  ["a mark's start", "return performance.mark('m').startTime", 0],
  ["a measure's length", "performance.mark('a'); return performance.measure('b', 'a').duration", 0],
  ["an event's stamp", "return new Event('e').timeStamp", 0],
  ["the event loop's use", "return performance.eventLoopUtilization().active", 0],
  ["performance's prototype", "return Object.getPrototypeOf(performance).now.call(performance)", 0],
  ["the thread's number", "return require('worker_threads').threadId", 0],
  [
    "channels of messages",
    "const { port1, port2 } = new MessageChannel(); let n = 0; port2.on('message', () => port2.postMessage(++n)); const got = new Promise((done) => port1.on('message', (m) => (m === 8 ? done(m) : port1.postMessage(m)))); port1.postMessage(0); const last = await got; port1.close(); return last",
    8,
  ],
  [
    "a message that is fetched",
    "const { receiveMessageOnPort } = require('worker_threads'); const { port1, port2 } = new MessageChannel(); port1.postMessage({ a: 1 }); return receiveMessageOnPort(port2)",
    { message: { a: 1 } },
  ],
  ["a response's body", "return await new Response('text').text()", "text"],
  [
    "a stream's end",
    "const { Readable } = require('stream'); let text = ''; for await (const part of Readable.from(['a', 'b'])) text += part; return text",
    "ab",
  ],
  ["process.uptime", "return process.uptime()", 0],
  ["os.uptime", "return require('os').uptime()", 0],
  ["process.cpuUsage", "return process.cpuUsage().user", 0],
  ["process.pid", "return process.pid", 8],
  [
    "timers of require",
    "const t = Date.now(); await new Promise((done) => require('timers').setTimeout(done, 70)); return Date.now() - t",
    70,
  ],
  [
    "timers of import",
    "const t = Date.now(); const { setTimeout: set } = await load('node:timers'); await new Promise((done) => set(done, 70)); return Date.now() - t",
    70,
  ],
  [
    "timers by promise",
    "const t = Date.now(); await (await load('timers/promises')).setTimeout(70); return Date.now() - t",
    70,
  ],
  [
    "timers.promises",
    "const t = Date.now(); await require('timers').promises.setTimeout(70); return Date.now() - t",
    70,
  ],
  [
    "promisify(setTimeout)",
    "const t = Date.now(); await require('util').promisify(setTimeout)(70); return Date.now() - t",
    70,
  ],
  [
    "scheduler.wait",
    "const t = Date.now(); await require('timers/promises').scheduler.wait(70); return Date.now() - t",
    70,
  ],
  [
    "setInterval by promise",
    "const t = Date.now(); let n = 0; for await (const _ of require('timers/promises').setInterval(35)) if (++n === 2) break; return Date.now() - t",
    70,
  ],
  [
    "setInterval",
    "const t = Date.now(); await new Promise((done) => { let n = 0; const i = setInterval(() => { if (++n === 2) { clearInterval(i); done(); } }, 35); }); return Date.now() - t",
    70,
  ],
  [
    "AbortSignal.timeout",
    "const t = Date.now(); const s = AbortSignal.timeout(70); await new Promise((done) => s.addEventListener('abort', done)); return [Date.now() - t, s.reason.name]",
    [70, "TimeoutError"],
  ],
  [
    "getBuiltinModule",
    "const t = Date.now(); await new Promise((done) => process.getBuiltinModule('timers').setTimeout(done, 70)); return Date.now() - t",
    70,
  ],
  ["setImmediate", "const t = Date.now(); await new Promise((done) => setImmediate(done)); return Date.now() - t", 0],
  [
    "a loop of immediates",
    "const t = Date.now(); while (Date.now() - t < 3) await new Promise((done) => setImmediate(done)); return Date.now() - t",
    3,
  ],
  ["a loop that watches the clock", "const t = Date.now(); while (Date.now() - t < 40); return Date.now() - t", 40],
  [
    "Atomics.wait with a limit",
    "const t = Date.now(); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40); return Date.now() - t",
    40,
  ],
  [
    "console.time",
    "console.time('a'); await new Promise((done) => setTimeout(done, 70)); console.timeEnd('a'); return null",
    null,
  ],
  ["a weak reference", "let o = {}; const r = new WeakRef(o); o = null; return r.deref() !== undefined", true],
  [
    "the time zone",
    "return [process.env.TZ, new Date().getTimezoneOffset(), Intl.DateTimeFormat().resolvedOptions().timeZone]",
    [":UTC", 0, "UTC"],
  ],
];

/** The answer is the same in each world of one seed, and another one where the seed is another. */
const drawn: readonly [what: string, code: string][] = [
  ["Math.random", "return [Math.random(), Math.random()]"],
  ["Math.random of a context", "return require('vm').runInNewContext('Math.random()')"],
  ["crypto.randomUUID", "return crypto.randomUUID()"],
  ["randomUUID of node:crypto", "return require('crypto').randomUUID()"],
  ["randomBytes", "return require('crypto').randomBytes(16).toString('hex')"],
  [
    "randomBytes by callback",
    "return new Promise((done) => require('crypto').randomBytes(16, (_error, bytes) => done(bytes.toString('hex'))))",
  ],
  ["randomInt", "return require('crypto').randomInt(1_000_000)"],
  ["crypto's prototype", "return [...Object.getPrototypeOf(crypto).getRandomValues.call(crypto, new Uint8Array(8))]"],
  ["randomFillSync", "return require('crypto').randomFillSync(Buffer.alloc(8)).toString('hex')"],
  [
    "randomFill",
    "return new Promise((done) => require('crypto').randomFill(Buffer.alloc(8), (_error, bytes) => done(bytes.toString('hex'))))",
  ],
  ["getRandomValues", "return [...crypto.getRandomValues(new Uint8Array(8))]"],
  ["webcrypto of node:crypto", "return [...require('crypto').webcrypto.getRandomValues(new Uint8Array(8))]"],
];

/** The answer is the same in each world. */
const steady: readonly [what: string, code: string][] = [
  [
    "messages without end",
    "const { port1, port2 } = new MessageChannel(); let n = 0; port2.on('message', () => port2.postMessage(n++)); port1.on('message', () => port1.postMessage(n++)); port1.postMessage(0); await new Promise((done) => setTimeout(done, 4)); port1.close(); return n",
  ],
  ["process.hrtime", "return process.hrtime()"],
  ["process.hrtime.bigint", "return String(process.hrtime.bigint())"],
  ["hrtime of node:process", "return (await load('node:process')).hrtime()"],
  ["process.memoryUsage", "return process.memoryUsage()"],
  ["v8's heap", "return require('v8').getHeapStatistics()"],
];

const refused: readonly [what: string, code: string][] = [
  ["fetch", "await fetch('http://127.0.0.1:1')"],
  ["WebSocket", "new WebSocket('ws://127.0.0.1:1')"],
  ["http.get", "require('http').get('http://127.0.0.1:1')"],
  ["http.request", "(await load('node:http')).request('http://127.0.0.1:1')"],
  ["https.request", "require('https').request('https://127.0.0.1:1')"],
  ["http2.connect", "require('http2').connect('http://127.0.0.1:1')"],
  ["net.connect", "require('net').connect(1)"],
  ["net.Socket.connect", "new (require('net').Socket)().connect(1)"],
  ["net.Socket.setTimeout", "new (require('net').Socket)().setTimeout(5, () => {})"],
  ["net.Server.listen", "require('http').createServer().listen(0)"],
  ["tls.connect", "require('tls').connect(1)"],
  ["dgram.createSocket", "require('dgram').createSocket('udp4')"],
  ["dns.lookup", "require('dns').lookup('localhost', () => {})"],
  ["dns.promises.lookup", "await (await load('dns/promises')).lookup('localhost')"],
  ["dns.Resolver", "new (require('dns').Resolver)()"],
  ["child_process.spawn", "require('child_process').spawn('true')"],
  ["child_process.execSync", "require('child_process').execSync('true')"],
  ["child_process.exec", "await require('util').promisify(require('child_process').exec)('true')"],
  ["process.kill", "process.kill(1, 0)"],
  ["cluster.fork", "require('cluster').fork()"],
  ["worker_threads.Worker", "new (require('worker_threads').Worker)('0', { eval: true })"],
  ["worker_threads.BroadcastChannel", "new (require('worker_threads').BroadcastChannel)('x')"],
  ["fs.readFile", "require('fs').readFile(process.cwd(), () => {})"],
  ["fs.promises.readFile", "await (await load('node:fs/promises')).readFile('x')"],
  ["fs.promises.open", "await require('fs').promises.open('x')"],
  ["fs.createReadStream", "require('fs').createReadStream('x')"],
  ["fs.ReadStream", "new (require('fs').ReadStream)('x')"],
  ["fs.writeFileSync", "require('fs').writeFileSync('x', '')"],
  ["fs.openSync for writing", "require('fs').openSync(process.cwd() + '/package.json', 'a')"],
  ["fs.mkdtempSync", "require('fs').mkdtempSync('x')"],
  ["fs.watch", "require('fs').watch('.')"],
  ['fs.readFileSync("/dev/urandom")', "require('fs').readFileSync('/dev/urandom')"],
  ['fs.openSync("/proc/uptime")', "require('fs').openSync('/proc/uptime')"],
  ["crypto.pbkdf2", "require('crypto').pbkdf2('a', 'b', 1, 8, 'sha1', () => {})"],
  ["crypto.scrypt", "require('crypto').scrypt('a', 'b', 8, () => {})"],
  ["crypto.subtle.digest", "await crypto.subtle.digest('SHA-256', new Uint8Array(1))"],
  ["crypto.generateKeyPairSync", "require('crypto').generateKeyPairSync('ed25519')"],
  ["crypto.sign", "require('crypto').sign('sha256', Buffer.alloc(1), 'k', () => {})"],
  ["zlib.gzip", "require('zlib').gzip('a', () => {})"],
  ["zlib.createGzip", "require('zlib').createGzip()"],
  ["Blob.text", "await new Blob(['a']).text()"],
  ["CompressionStream", "new CompressionStream('gzip')"],
  ["WebAssembly.compile", "await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))"],
  [
    "WebAssembly.compile",
    "await require('vm').runInNewContext('WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))')",
  ],
  ["Atomics.wait without a time limit", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"],
  ["Atomics.waitAsync", "Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)"],
  ["inspector.Session", "new (require('inspector').Session)()"],
  ["process.binding", "process.binding('fs')"],
  ["process.dlopen", "process.dlopen({ exports: {} }, 'x.node')"],
  ["process.report.getReport", "process.report.getReport()"],
  ["module.register", "require('module').register('data:text/javascript,')"],
  ["v8.setFlagsFromString", "require('v8').setFlagsFromString('--expose-gc')"],
  ["perf_hooks.monitorEventLoopDelay", "require('perf_hooks').monitorEventLoopDelay()"],
  ["sqlite.DatabaseSync", "new (require('node:sqlite').DatabaseSync)(':memory:')"],
  ["wasi.WASI", "new (require('node:wasi').WASI)({ version: 'preview1' })"],
];

async function tryAll(world: GuestWorld): Promise<ReadonlyMap<string, unknown>> {
  const seen = new Map<string, unknown>();
  for (const [, code] of [...known, ...drawn, ...steady, ...refused]) {
    const before = world.clock.nowMs();
    const answer = await world.invoke({ code });
    seen.set(code, relativeTo(before - STARTS_AT_MS, answer));
  }
  return seen;
}

/** The world goes on from one way to the next: presents are told as if each was the first. */
const relativeTo = (passedMs: number, answer: unknown): unknown =>
  typeof answer === "number" && answer >= STARTS_AT_MS ? answer - passedMs : answer;

describe("ways out of the simulated world", () => {
  let worlds: readonly GuestWorld[];
  let first: ReadonlyMap<string, unknown>;
  let second: ReadonlyMap<string, unknown>;
  let ofAnotherSeed: ReadonlyMap<string, unknown>;

  beforeAll(async () => {
    worlds = await Promise.all([1, 1, 2].map((seed) => aGuestWorld(runner, { seed, isKept: true })));
    const seen: ReadonlyMap<string, unknown>[] = [];
    for (const world of worlds) seen.push(await tryAll(world));
    [first = new Map(), second = new Map(), ofAnotherSeed = new Map()] = seen;
  });

  afterAll(async () => {
    for (const world of worlds) await world.close();
  });

  test.each(known)("%s is the world's", (_what, code, answer) => {
    expect(first.get(code)).toEqual(answer);
    expect(second.get(code)).toEqual(answer);
  });

  test.each(drawn)("%s is drawn from the seed", (_what, code) => {
    expect(first.get(code)).not.toHaveProperty("errorType");
    expect(second.get(code)).toEqual(first.get(code));
    expect(ofAnotherSeed.get(code)).not.toEqual(first.get(code));
  });

  test.each(steady)("%s is steady", (_what, code) => {
    expect(first.get(code)).not.toHaveProperty("errorType");
    expect(second.get(code)).toEqual(first.get(code));
  });

  test.each(refused)("%s is refused by its name", (what, code) => {
    const answer = first.get(code);
    expect(answer).toMatchObject({ kind: "functionError", reason: "threw", errorType: "RealWorldRefused" });
    expect(answer).toHaveProperty(
      "message",
      expect.stringMatching(new RegExp(`^${what.replaceAll(/[.()/]/g, "\\$&")} `)),
    );
  });
});
