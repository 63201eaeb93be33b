// Which run is shown: one of a sweep's settings and repetitions.

import type { LoadRun } from "../../load/report.ts";
import { runName } from "./setting-name.ts";

interface ChooserProps {
  readonly runs: readonly LoadRun[];
  readonly chosen: number;
  readonly choose: (index: number) => void;
}

export function RunChooser({ runs, chosen, choose }: ChooserProps) {
  const last = runs.length - 1;
  return (
    <nav class="chooser" aria-label="Run">
      <label for="run" class="soft small">
        Run {chosen + 1} of {runs.length}
      </label>
      <select id="run" value={chosen} onChange={(event) => choose(Number(event.currentTarget.value))}>
        {runs.map((run, index) => (
          <option key={index} value={index}>
            {runName(run, runs)}
          </option>
        ))}
      </select>
      <button
        type="button"
        class="on-screen"
        aria-label="Previous run"
        disabled={chosen === 0}
        onClick={() => choose(chosen - 1)}
      >
        ←
      </button>
      <button
        type="button"
        class="on-screen"
        aria-label="Next run"
        disabled={chosen === last}
        onClick={() => choose(chosen + 1)}
      >
        →
      </button>
    </nav>
  );
}
