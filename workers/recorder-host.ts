// A poller thread's part of a recording: hands a recorder to the mappings that are recorded, those that start later too, and sends
// main what they write. While nobody records, it holds nothing.

import type { KinesisRecord } from "../src/kinds/kinesis/kinesis-record.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { SourceKind } from "../src/ports/source-kind.ts";
import { createRecorder } from "../src/recording/recorder.ts";
import { createRecordingOutlet, type RecordingOutlet } from "../src/recording/recording-outlet.ts";
import type { MappingRunner } from "../src/runtime/mapping-runner.ts";
import type { FromPoller, ToPoller } from "../src/threads/protocol.ts";

export interface RecordedMapping {
  readonly uuid: string;
  readonly runner: MappingRunner<KinesisRecord>;
  readonly kind: SourceKind<KinesisRecord>;
}

export interface RecorderHost {
  /** `running`: the mappings that are there. */
  begin(message: Extract<ToPoller, { kind: "record" }>, running: Iterable<RecordedMapping>): void;
  end(id: number): void;
  /** Before it starts. */
  starting(mapping: RecordedMapping): void;
  close(): void;
}

export function createRecorderHost(clock: Clock, tell: (message: FromPoller) => void): RecorderHost {
  let current: { readonly asked: Extract<ToPoller, { kind: "record" }>; readonly outlet: RecordingOutlet } | null =
    null;

  /** By uuid: whoever has the mapping's lanes now. One that it has taken the place of says nothing more. */
  const recorded = new Map<string, MappingRunner<KinesisRecord>>();

  function record({ uuid, runner, kind }: RecordedMapping): void {
    if (current === null) return;
    const { asked, outlet } = current;
    if (asked.mapping !== null && asked.mapping !== uuid) return;
    recorded.get(uuid)?.record(null);
    recorded.set(uuid, runner);
    runner.record((course) =>
      createRecorder(course, {
        isWithPayloads: asked.isWithPayloads,
        positionOf: (each) => kind.position(each),
        nowMs: () => clock.nowMs(),
        write: (line) => outlet.write(line),
      }),
    );
  }

  return {
    begin(asked, running) {
      const { id } = asked;
      const outlet = createRecordingOutlet({
        clock,
        onText: (text) => tell({ kind: "recorded", id, text, state: "going" }),
        onBehind: () => tell({ kind: "recorded", id, text: "", state: "behind" }),
      });
      current = { asked, outlet };
      for (const mapping of running) record(mapping);
    },
    end(id) {
      if (current?.asked.id !== id) return;
      current.outlet.close();
      current = null;
      for (const runner of recorded.values()) runner.record(null);
      recorded.clear();
      tell({ kind: "recorded", id, text: "", state: "over" });
    },
    starting: record,
    close() {
      current?.outlet.close();
    },
  };
}
