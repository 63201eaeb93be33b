// A failing batch with its tree: whose it is, since when its lane is held, what was thrown, and what may be asked next.

import type { FailingFrame, MappingFrame } from "../../../dashboard/frame.ts";
import { shownClock } from "../../parts/format.ts";
import { useDashboard } from "../dashboard-context.ts";
import { hashOf, routeTo } from "../route.ts";
import { CopyButton } from "./command-line.tsx";
import { saveAsTestCommand } from "./commands.ts";
import { batchName, retriesOf } from "./names.ts";
import { Tree } from "./tree.tsx";
import { waitText } from "./trees.ts";

interface FailingFamilyProps {
  readonly family: FailingFrame;
  readonly mapping: MappingFrame | undefined;
  /** The part that is selected, by its name. */
  readonly selected: string | undefined;
  /** Its mapping stands above. */
  readonly isNamed: boolean;
  /** By what `millrace explain` calls it. */
  readonly onSelect: (name: string) => void;
}

export function FailingFamily({ family, mapping, selected, isNamed, onSelect }: FailingFamilyProps) {
  const { nowMs, route, isFile } = useDashboard();
  const whole = batchName(family.mapping, family.batch);
  const heldMs = (family.endedAtMs ?? nowMs) - family.closedAtMs;
  const isOver = family.endedAtMs !== null;
  const name = `batch ${family.batch}, ${family.label}`;
  const held = isOver
    ? `held ${waitText(heldMs)}, ended ${shownClock(family.endedAtMs ?? 0, false)}`
    : `held ${waitText(heldMs)}`;
  return (
    <article class={isOver ? "family is-over" : "family"}>
      <header>
        <h3>
          {isNamed && <span class="soft">{`${mapping?.functionName ?? family.mapping.slice(0, 8)} `}</span>}
          {name}
          <span class="soft">{`, ${held}`}</span>
        </h3>
        <div class="family-links">
          <a data-key={isOver ? undefined : "e"} href={hashOf(routeTo(route, "find", { what: whole }))}>
            explain
          </a>
          {!isFile && (
            <CopyButton text={saveAsTestCommand(family)} word="save as test" spoken={`: the command, of ${name}`} />
          )}
        </div>
      </header>
      {family.error !== "" && <p class="error-text">{family.error}</p>}
      <Tree
        family={family}
        facts={{
          nowMs,
          retries: retriesOf(mapping),
          isPaused: mapping?.isPaused ?? false,
          family: mapping?.family ?? "stream",
        }}
        label={name}
        {...(selected === undefined ? {} : { selected })}
        onSelect={({ node }) => onSelect(batchName(family.mapping, node.name))}
      />
    </article>
  );
}
