import { describe, expect, test } from "vitest";
import { aGuestWorld, STARTS_AT_MS } from "./guest-world.ts";

describe("execution environments of a handler file", () => {
  test("module state lives on in a warm one; invocations side by side have one each, taken in order", async () => {
    const world = await aGuestWorld({
      "h.ts": `
        const id = Math.random();
        let count = 0;
        export const handler = async (event: { ms: number }) => {
          count += 1;
          await new Promise((done) => setTimeout(done, event.ms));
          return { id, count };
        };`,
    });
    const invoke = async (...waits: readonly number[]): Promise<readonly { id: number; count: number }[]> => {
      const answers = waits.map((ms) => world.begin({ ms }));
      await world.run();
      return (await Promise.all(answers)).map((each) => JSON.parse(each.kind === "returned" ? (each.json ?? "") : ""));
    };
    const [one, two] = await invoke(20, 10);
    expect(one?.id).not.toBe(two?.id);
    expect([one?.count, two?.count]).toEqual([1, 1]);
    expect(await invoke(10, 20)).toEqual([
      { id: one?.id, count: 2 },
      { id: two?.id, count: 2 },
    ]);
    expect(await invoke(1)).toEqual([{ id: one?.id, count: 3 }]);
  });

  test("a crash of what runs functions ends them all: invocations under way are cut off, the next one starts cold", async () => {
    const world = await aGuestWorld({
      "h.ts": `
        let count = 0;
        export const handler = async (event: { ms: number }) => {
          count += 1;
          await new Promise((done) => setTimeout(done, event.ms));
          return count;
        };`,
    });
    expect(await world.invoke({ ms: 1 })).toBe(1);
    const answering = world.begin({ ms: 1_000 });
    world.clock.wakeAt(world.clock.nowMs() + 500, () => world.crash());
    await world.run();
    expect(await answering).toMatchObject({ kind: "refused" });
    expect(await world.invoke({ ms: 1 })).toBe(1);
  });

  test("its environment variables are a live function's, the same on each machine", async () => {
    const world = await aGuestWorld(
      { "h.ts": `export const handler = () => process.env;` },
      { environment: { TABLE: "orders" }, region: "eu-west-1" },
    );
    expect(await world.invoke()).toEqual({
      AWS_ACCESS_KEY_ID: "millrace-f",
      AWS_CONFIG_FILE: expect.any(String),
      AWS_DEFAULT_REGION: "eu-west-1",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
      AWS_LAMBDA_FUNCTION_NAME: "f",
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/f",
      AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(/^2026\/01\/31\/\[\$LATEST\][0-9a-f]{32}$/),
      AWS_REGION: "eu-west-1",
      AWS_SDK_UA_APP_ID: "millrace-f",
      AWS_SECRET_ACCESS_KEY: "millrace",
      AWS_SESSION_TOKEN: "millrace",
      AWS_SHARED_CREDENTIALS_FILE: expect.any(String),
      LAMBDA_TASK_ROOT: world.root,
      LANG: "en_US.UTF-8",
      PATH: "/usr/local/bin:/usr/bin:/bin",
      TABLE: "orders",
      TZ: ":UTC",
      _HANDLER: "h.handler",
    });
  });

  test("what it writes is told with the invocation's id, in its order", async () => {
    const world = await aGuestWorld({
      "h.ts": `
        console.log("loaded");
        export const handler = async () => {
          console.info("begins");
          await new Promise((done) => setTimeout(done, 5));
          console.error("%s", "fails");
          process.stdout.write("no line end");
        };`,
    });
    await world.invoke();
    expect(world.logs).toMatchObject([
      { functionName: "f", requestId: "request-1", stream: "stdout", level: "INFO", text: "loaded" },
      { requestId: "request-1", level: "INFO", text: "begins" },
      { requestId: "request-1", stream: "stderr", level: "ERROR", text: "fails" },
      { requestId: "request-1", level: null, text: "no line end" },
    ]);
  });

  test("files beside the source are read where they are, and sources may be of several files", async () => {
    const world = await aGuestWorld({
      "src/h.ts": `
        import { readFileSync } from "node:fs";
        import { join } from "node:path";
        import { total } from "./total";
        export const handler = () => [readFileSync(join(import.meta.dirname, "data.txt"), "utf8"), total(1, 2)];`,
      "src/total.ts": `export enum Sign { Plus = 1 } export const total = (a: number, b: number) => Sign.Plus * (a + b);`,
      "src/data.txt": "data",
    });
    expect(await world.invoke()).toEqual(["data", 3]);
  });

  test("callback style works up to nodejs22.x", async () => {
    const files = {
      "h.cjs": `exports.handler = (event, context, done) => { setTimeout(() => done(null, "done"), 10); };`,
    };
    const old = await aGuestWorld(files, { runtime: "nodejs22.x" });
    const now = await aGuestWorld(files);
    expect(await old.invoke()).toBe("done");
    expect(await now.invoke()).toMatchObject({ reason: "initFailed", errorType: "Runtime.CallbackHandlerDeprecated" });
  });
});

describe("how a handler file fails", () => {
  test("what it throws is told with its type, and a trace in the user's source", async () => {
    const world = await aGuestWorld({
      "src/h.ts": `
        interface Order { id: number }
        const check = (order: Order): void => {
          throw new RangeError("no such order " + order.id);
        };
        export const handler = async (event: Order) => check(event);`,
    });
    expect(await world.invoke({ id: 7 })).toMatchObject({
      kind: "functionError",
      reason: "threw",
      errorType: "RangeError",
      message: "no such order 7",
      trace: expect.arrayContaining([expect.stringMatching(/src\/h\.ts:4:17\)?$/)]),
    });
  });

  test("the machine's path to the sources is in no trace, message or logged stack", async () => {
    const world = await aGuestWorld({
      "src/h.ts": `
        import { inner } from "./deep/inner.ts";
        export const handler = async () => {
          console.log(new Error("logged"));
          inner(import.meta.dirname);
        };`,
      "src/deep/inner.ts": `export const inner = (where: string) => { throw new Error("in " + where + "/data"); };`,
    });
    const failure = await world.invoke();
    expect(failure).toMatchObject({
      message: "in src/data",
      trace: ["Error: in src/data", expect.stringMatching(/at inner \(src\/deep\/inner\.ts:1:/), expect.anything()],
    });
    expect(world.logs.map(({ text }) => text).join("\n")).toMatch(/Error: logged\n\s+at .*src\/h\.ts:4:/);
    expect(JSON.stringify([failure, world.logs])).not.toContain(world.root);
  });

  test.each([
    ["an error at loading", `throw new Error("no table");`, { errorType: "Error", message: "no table" }],
    ["a module that is not there", `await import(["node", "gone"].join(":"));`, { errorType: "Error" }],
    ["a text that is no program", `export const handler = (;`, { errorType: "Runtime.UserCodeSyntaxError" }],
  ])("%s fails each invocation as an init error does", async (_what, text, failure) => {
    const world = await aGuestWorld({ "h.mjs": `${text}\nexport const handler = () => 1;` });
    for (const _attempt of [1, 2]) {
      expect(await world.invoke()).toMatchObject({ kind: "functionError", reason: "initFailed", ...failure });
    }
  });

  test("a file or an export that is missing is refused with the likely one", async () => {
    const files = { "h.ts": "export const handle = () => 1;" };
    await expect(aGuestWorld(files)).rejects.toMatchObject({ code: "handler-not-found", help: "Handler: h.handle" });
    await expect(aGuestWorld(files, { file: "/gone/h.ts" })).rejects.toMatchObject({ code: "handler-not-found" });
  });

  test.each([
    ["process.exit", `process.exit(3)`, { reason: "exited", errorType: "Runtime.ExitError" }],
    [
      "an uncaught error of a timer",
      `setTimeout(() => { throw new TypeError("late"); }, 20)`,
      { errorType: "TypeError" },
    ],
    [
      "an unhandled rejection",
      `void Promise.reject(new Error("nobody"))`,
      { errorType: "Runtime.UnhandledPromiseRejection" },
    ],
  ])("%s ends the environment; the next invocation starts cold", async (_what, code, failure) => {
    const world = await aGuestWorld({
      "h.ts": `
        let count = 0;
        export const handler = async (event: { isLast: boolean }) => {
          count += 1;
          if (!event.isLast) { ${code}; await new Promise((done) => setTimeout(done, 50)); }
          return count;
        };`,
    });
    expect(await world.invoke({ isLast: false })).toMatchObject({ kind: "functionError", ...failure });
    expect(await world.invoke({ isLast: true })).toBe(1);
  });
});

describe("the fence", () => {
  const fetching = {
    "src/h.ts": `
      import { load } from "./load";
      export const handler = async (event: { url: string }) => {
        try {
          return await load(event.url);
        } catch (error) {
          return (error as Error).message;
        }
      };`,
    "src/load.ts": `
      // Calls.
      export const load = async (url: string) => {
        const answer = await fetch(url);
        return await answer.text();
      };`,
  };

  test("a refused call fails the invocation, even if the code goes on, and is told where it stands", async () => {
    const world = await aGuestWorld(fetching);
    const message =
      "fetch at src/load.ts:4:30 is refused in the simulated world: the network answers in real time; allow real work (--allow-io)";
    expect(await world.invoke({ url: "http://127.0.0.1:1" })).toMatchObject({ reason: "threw", message });
    expect(world.guest.notes()).toMatchObject([
      {
        kind: "refused",
        requestId: "request-1",
        text: "fetch at src/load.ts:4:30: the network answers in real time",
        count: 1,
      },
    ]);
    expect(world.guest.digestDoubts()).toEqual([]);
  });

  test("the error names what does the same at once", async () => {
    const world = await aGuestWorld({
      "h.ts": `import { readFile } from "node:fs/promises"; export const handler = () => readFile("x");`,
    });
    expect(await world.invoke()).toHaveProperty(
      "message",
      expect.stringContaining("call fs.readFileSync, or allow real work"),
    );
  });

  test("what is refused while the code is loaded fails every invocation", async () => {
    const world = await aGuestWorld({
      "h.ts": `
        import { connect } from "node:net";
        try { connect(1); } catch {}
        export const handler = () => 1;`,
    });
    for (const _attempt of [1, 2]) expect(await world.invoke()).toMatchObject({ errorType: "RealWorldRefused" });
  });

  test("real work that is allowed is waited for while the world stands, and makes the digest doubtful", async () => {
    const world = await aGuestWorld(
      {
        "h.ts": `
          import { createServer } from "node:http";
          import { readFile, writeFile } from "node:fs/promises";
          import { promisify } from "node:util";
          import { gzip, gunzip } from "node:zlib";
          export const handler = async (event: { path: string }) => {
            const begun = Date.now();
            await writeFile(event.path, await promisify(gzip)("packed"));
            const text = String(await promisify(gunzip)(await readFile(event.path)));
            const server = createServer((_request, response) => response.end("served"));
            await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
            const { port } = server.address() as { port: number };
            const timer = setTimeout(() => { throw new Error("the world went on"); }, 100);
            const served = await (await fetch("http://127.0.0.1:" + port)).text();
            clearTimeout(timer);
            server.closeAllConnections();
            await new Promise((done) => server.close(done));
            return [text, served, Date.now() - begun];
          };`,
      },
      { isIoAllowed: true },
    );
    expect(await world.invoke({ path: `${world.root}/packed` })).toEqual(["packed", "served", 0]);
    expect(world.guest.digestDoubts()).toEqual([
      "zlib.gzip at h.ts:8:61: it ends when a thread of the real world has done it",
      "fs.promises.writeFile at h.ts:8:19: it ends when a thread of the real world has done it",
      "fs.promises.readFile at h.ts:9:63: it ends when a thread of the real world has done it",
      "zlib.gunzip at h.ts:9:55: it ends when a thread of the real world has done it",
      "net.Server.listen at h.ts:11:54: the network answers in real time",
      "fetch at h.ts:14:41: the network answers in real time",
    ]);
    expect(world.clock.nowMs()).toBe(STARTS_AT_MS);
  });

  test("a connection that is kept open does not hold the world where a timer is waited for", async () => {
    const world = await aGuestWorld(
      {
        "h.ts": `
          import { connect, createServer } from "node:net";
          export const handler = async () => {
            const server = createServer((socket) => void socket.write("kept"));
            await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
            const socket = connect((server.address() as { port: number }).port);
            const text = await new Promise((done) => socket.once("data", (data) => done(String(data))));
            const begun = Date.now();
            await new Promise((done) => setTimeout(done, 1_500));
            socket.destroy();
            return [text, Date.now() - begun];
          };`,
      },
      { isIoAllowed: true },
    );
    expect(await world.invoke()).toEqual(["kept", 1_500]);
  });
});
