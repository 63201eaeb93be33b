// The live view on a real terminal: takes entries, keys and the passing of time, draws what render.ts makes of them, and gives the
// terminal back however the process ends. What is drawn is decided elsewhere; here is when.
//
// T1  At most one drawing in TICK_MS, and none where nothing has changed.
// T2  The terminal is as it was before after an end, a crash, and while the process is stopped or in the background.
// T3  A frozen picture stands still, and lines above it wait; a bounded number of them, the others are counted.

import type { ReadStream, WriteStream } from "node:tty";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { QueueCounts } from "../../ports/queues.ts";
import type { Entry } from "../../ports/journal.ts";
import { createPlainOutput, type EntryOutput, noColour, terminalColour } from "../entry-output.ts";
import { counted, localTime, shortId } from "../shown-forms.ts";
import { createBlockWriter } from "./block-writer.ts";
import { paintRow, rowText } from "./cells.ts";
import { legendLines } from "./draw-edges.ts";
import { findNext } from "./find.ts";
import { captureWrites, type ForeignWrites } from "./foreign-writes.ts";
import { keysIn } from "./keys.ts";
import {
  createLiveModel,
  learnEntries,
  learnQueue,
  learnViews,
  type LiveModel,
  type ViewOfMapping,
} from "./live-model.ts";
import type { Look } from "./look.ts";
import { lastTopOf } from "./page.ts";
import { heightOf, render } from "./render.ts";
import { listedBatches, type Scene } from "./scene.ts";
import { holdTerminal, type TerminalHold } from "./terminal-hold.ts";
import { type Action, type Choices, type Key, press, settled, startView, type ViewState } from "./view-state.ts";

const TICK_MS = 100;
/** Without news only clocks move. */
const IDLE_MS = 250;
const VIEWS_MS = 250;
/** What a key led to is read by then; the keys come back. */
const SAID_MS = 4_000;
/** A queue is counted so often at most, and for a fiftieth of the time. */
const COUNTS_MS = 1_000;
const COUNTS_SHARE = 50;
const MOST_LINES_ABOVE = 1_000;

/** What the keys act on. An answer is a line for the person. */
export interface LiveActions {
  readonly quit: () => void;
  readonly steer: (uuid: string, command: "pause" | "resume" | "step") => string;
  /** Null: there is no example. */
  readonly poison: (() => void) | null;
  /** The story of a mapping, a batch's request, or what was looked for; null: there is none to tell. */
  readonly explain: ((about: string) => Promise<string>) | null;
  /** Opens the dashboard, or says where it is. */
  readonly dashboard: () => string;
}

export interface LiveTerminal extends EntryOutput {
  /** The terminal is drawn on from here on. */
  begin(given: {
    readonly title: readonly string[];
    readonly views: () => readonly ViewOfMapping[];
    /** What lies in a queue; null: there is none. */
    readonly countMessages: (queueName: string) => Promise<QueueCounts | null>;
    readonly actions: LiveActions;
  }): void;
  /** What the stop waits for, in place of the keys. */
  stopping(text: string): void;
}

export function createLiveTerminal(options: {
  readonly output: WriteStream;
  /** Null: no keys. */
  readonly input: ReadStream | null;
  /** Whose writes would go into the picture: standard error, where it is the same terminal. */
  readonly errors: WriteStream | null;
  readonly look: Look;
  readonly clock: Clock;
  readonly platform: string;
}): LiveTerminal {
  const { output, input, look, clock, platform } = options;
  const model = createLiveModel();
  let given: Parameters<LiveTerminal["begin"]>[0] | null = null;
  let captured: readonly ForeignWrites[] = [];
  let view: ViewState = startView;
  let frozen: LiveModel | null = null;
  let above: string[] = [];
  let missedAbove = 0;
  let stoppingText: string | null = null;
  let startedAtMs = clock.nowMs();
  let viewsAtMs = Number.NEGATIVE_INFINITY;
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let saidAtMs = 0;
  let isNew = true;
  let countsAtMs = Number.NEGATIVE_INFINITY;
  let hold: TerminalHold | null = null;
  let cancelTick: Cancel | null = null;

  const lines = createPlainOutput({
    write: (text) => putAbove([text.replace(/\n$/, "")]),
    colour: look.isColoured ? terminalColour : noColour,
    isShown: isLine,
  });
  const writer = createBlockWriter({
    write: (text) => captured[0]?.write(text),
    columns: () => sizeOf(output).columns,
  });

  function putAbove(more: readonly string[]): void {
    for (const line of more) {
      if (above.length < MOST_LINES_ABOVE) above.push(line);
      else missedAbove += 1;
    }
  }

  // --- Drawing ------------------------------------------------------------------------------------------------------

  function tick(): void {
    const nowMs = clock.nowMs();
    cancelTick = clock.wakeAt(nowMs + TICK_MS, tick);
    hold?.tryAgain();
    if (hold?.isHeld() !== true) return;
    if (nowMs - viewsAtMs >= VIEWS_MS || nowMs < viewsAtMs) {
      viewsAtMs = nowMs;
      learnViews(model, given?.views() ?? [], nowMs);
      isNew = true;
    }
    if (clock.monotonicMs() >= countsAtMs) countQueue();
    if (view.said !== "" && Math.abs(nowMs - saidAtMs) >= SAID_MS) view = { ...view, said: "" };
    const isDue = isNew || above.length > 0 || nowMs - drawnAtMs >= IDLE_MS || nowMs < drawnAtMs;
    if (isDue) draw();
  }

  /** Of the chosen mapping. Counting may look at each message: it is given little of the store's time. */
  function countQueue(): void {
    const chosen = model.mappings.get(view.mapping ?? "");
    if (given === null || chosen === undefined || chosen.settings.family !== "queue") return;
    const { uuid } = chosen;
    const askedAtMs = clock.monotonicMs();
    countsAtMs = Number.POSITIVE_INFINITY;
    const answered = (counts: QueueCounts | null): void => {
      const atMs = clock.monotonicMs();
      countsAtMs = atMs + Math.max(COUNTS_MS, COUNTS_SHARE * (atMs - askedAtMs));
      learnQueue(model, uuid, counts);
      isNew = true;
    };
    const name = chosen.view?.eventSourceArn?.split(":").at(-1) ?? "";
    // A store that does not answer is told of by the mapping's own problem.
    given.countMessages(name).then(answered, () => answered(null));
  }

  function draw(): void {
    if (given === null || hold?.isHeld() !== true) return;
    isNew = false;
    drawnAtMs = clock.nowMs();
    view = settled(view, choices());
    const rows = render(scene());
    writer.draw(
      rows.map((row) => ({ painted: paintRow(row, look), text: rowText(row) })),
      view.frozenAtMs === null && view.page === null ? takeAbove() : [],
    );
  }

  function takeAbove(): readonly string[] {
    const taken = above;
    if (missedAbove > 0) taken.push(`${counted(missedAbove, "more line")} not shown`);
    above = [];
    missedAbove = 0;
    return taken;
  }

  function scene(): Scene {
    return {
      model: frozen ?? model,
      view,
      allowed: allowed(),
      look,
      ...sizeOf(output),
      nowMs: view.frozenAtMs ?? clock.nowMs(),
      startedAtMs,
      title: given?.title ?? [],
      stopping: stoppingText,
      timeText: localTime,
    };
  }

  const allowed = (): Scene["allowed"] => ({
    hasKeys: input !== null,
    canPause: input !== null,
    canPoison: input !== null && given !== null && given.actions.poison !== null,
    canExplain: input !== null && given !== null && given.actions.explain !== null,
  });

  function choices(): Choices {
    const seen = frozen ?? model;
    const { columns, rows } = sizeOf(output);
    return {
      mappings: [...seen.mappings.values()].filter((each) => each.view !== null).map(({ uuid }) => uuid),
      batches: listedBatches({ model: seen, view, columns }),
      lastTop: view.page === null ? 0 : lastTopOf(view.page, columns, heightOf({ rows })),
    };
  }

  // --- Keys ---------------------------------------------------------------------------------------------------------

  function onKeys(text: string): void {
    for (const key of keysIn(text)) take(key);
    draw();
  }

  function take(key: Key): void {
    const pressed = press(settled(view, choices()), key, choices(), allowed());
    view = pressed.view;
    if (pressed.action !== null) act(pressed.action);
  }

  function act(action: Action): void {
    const actions = given?.actions;
    if (actions === undefined) return;
    switch (action) {
      case "quit":
        return actions.quit();
      case "suspend":
        return hold?.suspend();
      case "pause":
      case "step":
        return steer(action);
      case "poison":
        actions.poison?.();
        return say("a poison record is on its way");
      case "explain":
        return explain(aboutChosen());
      case "freeze":
        frozen = view.frozenAtMs === null ? structuredClone(model) : null;
        view = { ...view, frozenAtMs: frozen === null ? null : clock.nowMs() };
        return;
      case "dashboard":
        return say(actions.dashboard());
      case "legend":
        view = { ...view, page: { title: "What is here", lines: legendLines(allowed(), look), top: 0 } };
        return;
      case "find":
        return find(view.finding ?? "");
    }
  }

  function say(text: string): void {
    view = { ...view, said: text };
    saidAtMs = clock.nowMs();
  }

  function steer(action: "pause" | "step"): void {
    const chosen = model.mappings.get(view.mapping ?? "");
    if (chosen === undefined || given === null) return;
    const command = action === "pause" && chosen.view?.isPaused === true ? "resume" : action;
    say(given.actions.steer(chosen.uuid, command));
    viewsAtMs = Number.NEGATIVE_INFINITY;
  }

  /** A batch by its mapping and its name; where none is chosen, the one that the chosen mapping is stuck at, else that mapping. */
  function aboutChosen(): string {
    const { batch } = view;
    if (batch !== null) return `${shortId(batch.mapping)}/${batch.name}`;
    const mapping = (frozen ?? model).mappings.get(view.mapping ?? "");
    if (mapping === undefined) return "";
    const failing = [...mapping.inHand.values()].find(({ hasFailed }) => hasFailed);
    return failing === undefined ? mapping.uuid : `${shortId(mapping.uuid)}/${failing.number}`;
  }

  function explain(about: string): void {
    const tell = given?.actions.explain ?? null;
    if (tell === null || about === "") return;
    say(`reading the journal for ${about}`);
    void tell(about).then((text) => {
      view = { ...view, said: "", page: { title: `millrace explain ${about}`, lines: text.split("\n"), top: 0 } };
      draw();
    });
  }

  function find(text: string): void {
    const found = findNext({ model: frozen ?? model, view }, text);
    view = found ?? { ...view, finding: null };
    if (found === null) say(`nothing here has ${text.trim()}`);
    if (found === null && (given?.actions.explain ?? null) !== null) explain(text.trim());
  }

  return {
    begin(begun) {
      given = begun;
      startedAtMs = clock.nowMs();
      const streams = options.errors === null ? [output] : [output, options.errors];
      captured = streams.map((stream) => captureWrites(stream, putAbove));
      hold = holdTerminal({
        output,
        input,
        platform,
        onKeys,
        onTaken: () => {
          writer.forget();
          isNew = true;
        },
        onLeave: () => writer.leave(),
        onResize: draw,
      });
      tick();
    },
    entries(entries: readonly Entry[], droppedCount) {
      learnEntries(model, entries, droppedCount);
      // That there is only a sample is said in the picture.
      lines.entries(entries, 0);
      isNew = true;
    },
    say: lines.say,
    stopping(text) {
      stoppingText = text;
      view = { ...view, page: null, finding: null };
      draw();
    },
    end(atMs) {
      lines.end(atMs);
      if (given === null) return;
      cancelTick?.();
      view = { ...view, page: null, frozenAtMs: null };
      frozen = null;
      learnViews(model, given.views(), clock.nowMs());
      draw();
      hold?.end();
      given = null;
      for (const stream of captured) stream.release();
      captured = [];
    },
  };
}

/** A terminal that does not know its size says 0. */
function sizeOf({ columns, rows }: WriteStream): { readonly columns: number; readonly rows: number } {
  return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
}

/** Entries that are lines of their own above the picture: what handlers write, and what the picture does not show. */
function isLine(entry: Entry): boolean {
  switch (entry.kind) {
    case "log":
    case "mapping-state":
    case "mapping-paused":
    case "mapping-resumed":
    case "refused":
    case "unit-placed":
    case "filtered":
    case "self-feeding":
    case "no-thread":
    case "unit-ended":
    case "lost":
    case "aggregate-dropped":
    case "source-problem":
    case "source-recovered":
    case "checkpoint-problem":
    case "gave-up":
    case "function-version":
    case "thread":
    case "configured-otherwise":
    case "dropped":
      return true;
    case "reported":
      return entry.answer === "refused";
    default:
      return false;
  }
}
