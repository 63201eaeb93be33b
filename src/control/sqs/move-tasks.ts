// Tasks that move what lies in a queue for dead letters, as StartMessageMoveTask starts them: in the background, so many a second as was
// asked for, until no visible message is left.
//
// T1  One task of a source runs at a time.
// T2  A task that ends before its work is done leaves each message in one queue or the other.
// T3  Tasks live with the server: one that runs when it stops is over, and can be started again.

import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Random } from "../../ports/random.ts";

/** Moved in one step where no rate was asked for. */
const STEP_MESSAGES = 1_000;
/** With a rate, steps follow one another about ten times a second, or once for each message. */
const STEPS_A_SECOND = 10;
const KEPT_TASKS = 10;
const MOST_SOURCES = 1_000;

export interface MoveTask {
  readonly taskId: string;
  readonly source: string;
  /** Null: each message goes back to the queue that it came from. */
  readonly destination: string | null;
  readonly perSecond: number | null;
  readonly startedAtMs: number;
  readonly toMoveCount: number;
  status: "RUNNING" | "COMPLETED" | "CANCELLED" | "FAILED";
  movedCount: number;
  failureReason: string | null;
}

export interface MoveTasks {
  /** Null: one of this source runs. */
  start(asked: Pick<MoveTask, "source" | "destination" | "perSecond" | "toMoveCount">): MoveTask | null;
  /** The newest first. */
  list(source: string): readonly MoveTask[];
  /** Null: there is no such task, or it has ended. Its count is final. */
  cancel(source: string, taskId: string): Promise<MoveTask | null>;
  close(): void;
}

export function createMoveTasks({
  queues,
  clock,
  random,
}: {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly random: Random;
}): MoveTasks {
  /** Newest first, by source. */
  const tasks = new Map<string, MoveTask[]>();
  const runs = new Map<string, { readonly ended: Promise<void>; readonly stop: () => void }>();
  let isClosed = false;

  function launch(task: MoveTask): void {
    const waiting = createWait(clock);
    const ended = run(task, waiting.wait).then(() => void runs.delete(task.taskId));
    runs.set(task.taskId, { ended, stop: waiting.stop });
  }

  async function run(task: MoveTask, wait: (ms: number) => Promise<void>): Promise<void> {
    const { perSecond } = task;
    const max = perSecond === null ? STEP_MESSAGES : Math.max(1, Math.floor(perSecond / STEPS_A_SECOND));
    const pauseMs = perSecond === null ? 0 : (max * 1_000) / perSecond;
    while (task.status === "RUNNING") {
      try {
        await step(task, max);
      } catch {
        // A store that cannot be reached: what was moved is moved, and the task can be started again.
        fail(task, "ServiceUnavailable");
      }
      if (task.status === "RUNNING") await wait(pauseMs);
      if (isClosed) return;
    }
  }

  async function step(task: MoveTask, max: number): Promise<void> {
    const { source, destination } = task;
    const isThere = destination === null || (await queues.describeQueue(destination)) !== null;
    const moved = isThere ? await queues.move(source, { max, to: destination }) : null;
    if (moved === null) return fail(task, "AWS.SimpleQueueService.NonExistentQueue");
    task.movedCount += moved.movedCount;
    if (moved.movedCount > 0 || task.status !== "RUNNING") return;
    if (moved.unmovableCount > 0) fail(task, "CouldNotDetermineMessageSource");
    else task.status = "COMPLETED";
  }

  return {
    start(asked) {
      const earlier = tasks.get(asked.source) ?? [];
      if (earlier[0]?.status === "RUNNING") return null;
      const task: MoveTask = {
        ...asked,
        taskId: random.uuid("move-task"),
        startedAtMs: clock.nowMs(),
        status: "RUNNING",
        movedCount: 0,
        failureReason: null,
      };
      tasks.delete(asked.source);
      tasks.set(asked.source, [task, ...earlier].slice(0, KEPT_TASKS));
      const [oldest] = tasks;
      if (tasks.size > MOST_SOURCES && oldest?.[1][0]?.status !== "RUNNING") tasks.delete(oldest?.[0] ?? "");
      launch(task);
      return task;
    },
    list: (source) => tasks.get(source) ?? [],
    async cancel(source, taskId) {
      const task = tasks.get(source)?.find((each) => each.taskId === taskId);
      if (task?.status !== "RUNNING") return null;
      task.status = "CANCELLED";
      const running = runs.get(taskId);
      running?.stop();
      await running?.ended;
      return task;
    },
    close() {
      isClosed = true;
      for (const { stop } of runs.values()) stop();
    },
  };
}

function fail(task: MoveTask, reason: string): void {
  if (task.status !== "RUNNING") return;
  task.status = "FAILED";
  task.failureReason = reason;
}

/** Waits that can be ended early, and for good. */
function createWait(clock: Clock): { readonly wait: (ms: number) => Promise<void>; readonly stop: () => void } {
  let isStopped = false;
  let wake: () => void = () => undefined;
  let cancel: Cancel = () => undefined;
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        if (isStopped) return resolve();
        wake = resolve;
        cancel = clock.wakeAt(clock.nowMs() + ms, resolve);
      }),
    stop() {
      isStopped = true;
      cancel();
      wake();
    },
  };
}
