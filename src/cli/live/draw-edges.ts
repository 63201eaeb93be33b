// The first line, what destinations were given, and the last line: the keys that work now, or what the last one led to.

import { counted, shortArn, shownNumber } from "../shown-forms.ts";
import { cutText, padTo, type Row, span, withRight } from "./cells.ts";
import { upText } from "./figures.ts";
import type { LiveMapping } from "./live-model.ts";
import type { Look } from "./look.ts";
import { chosenMapping, type Scene } from "./scene.ts";

export function drawTitle({ title, columns, nowMs, startedAtMs }: Scene): Row {
  const up = `up ${upText(nowMs - startedAtMs)}`;
  const [name = "", ...others] = title;
  // Cut, too, so that the time stays where it is.
  const text = cutText(
    others.map((part) => `  ${part}`).join(""),
    Math.max(0, columns - name.length - up.length - 1),
    "",
  );
  return withRight([span(name, "heading"), span(text)], span(up), Math.min(columns, 80));
}

/** Of the chosen mapping; none where it has no destination and gave nothing up. */
export function drawDestinations(scene: Scene): readonly Row[] {
  const mapping = chosenMapping(scene);
  if (mapping === null) return [];
  const configured = mapping.settings.destination;
  const arns = [...mapping.destinations.keys()].filter((arn) => arn !== "");
  const all = configured === null || arns.includes(configured) ? arns : [configured, ...arns];
  return all.slice(0, 1).map((arn) => destinationRow(arn, mapping));
}

function destinationRow(arn: string, { destinations }: LiveMapping): Row {
  const given = destinations.get(arn);
  const head = [span("DESTINATION", "heading"), span(`  ${shortArn(arn)}  `)];
  if (given === undefined || given.documentCount + given.refusedCount === 0)
    return [...head, span("nothing was given up", "quiet")];
  const refused = given.refusedCount === 0 ? [] : [span(`${shownNumber(given.refusedCount)} refused  `, "bad")];
  const documents = `${counted(given.documentCount, "document")}  `;
  return [...head, span(documents), ...refused, span(given.lastCondition === "" ? "" : `last: ${given.lastCondition}`)];
}

export function drawKeys(scene: Scene): Row {
  const { view, stopping, look, columns, timeText } = scene;
  if (stopping !== null) return [span(stopping, "warning")];
  if (view.finding !== null) {
    return [
      span("/ ", "accent"),
      span(`${view.finding}_`),
      span(`  Enter finds a mapping, batch or request; Esc`, "quiet"),
    ];
  }
  if (!scene.allowed.hasKeys) return [span("Ctrl-C stops it", "quiet")];
  const frozen =
    view.frozenAtMs === null ? [] : [span(`frozen at ${timeText(view.frozenAtMs).slice(0, 8)}  `, "accent")];
  if (view.said !== "") return [...frozen, span(cutText(view.said, columns, look.signs.dots), "accent")];
  return [...frozen, ...keysOf(scene)];
}

function keysOf(scene: Scene): Row {
  const { allowed, view, look } = scene;
  const isPaused = chosenMapping(scene)?.view?.isPaused === true;
  const keys: readonly (readonly [string, string])[] = [
    ["q", "quit"],
    ...(allowed.canPause ? ([["p", isPaused ? "go on" : "pause"]] as const) : []),
    ...(allowed.canPause && isPaused ? ([["s", "step"]] as const) : []),
    ...(allowed.canPoison ? ([["x", "poison"]] as const) : []),
    ...(allowed.canExplain ? ([["e", "explain"]] as const) : []),
    ["f", view.frozenAtMs === null ? "freeze" : "go on"],
    ["d", "dashboard"],
    ["/", "find"],
    ["?", look.signs.dots],
  ];
  return keys.flatMap(([key, word], index) => [
    span(`${index === 0 ? "" : "  "}${key}`, "accent"),
    span(` ${word}`, "quiet"),
  ]);
}

/** What `?` opens: keys that work now, signs, and words. */
export function legendLines({ canPause, canPoison, canExplain }: Scene["allowed"], { signs }: Look): readonly string[] {
  const keys: readonly (readonly [string, string])[] = [
    ["up, down, k, j", "choose a mapping, or below them a batch"],
    ["Tab", "between mappings and batches"],
    ...(canPause
      ? ([
          ["p", "pause the chosen mapping before its next batch, or let it go on; its State stays"],
          ["s", "let one batch of a paused mapping through"],
        ] as const)
      : []),
    ...(canPoison ? ([["x", "send the example a record that its handler cannot take"]] as const) : []),
    ...(canExplain ? ([["e, Enter", "explain the chosen batch or mapping"]] as const) : []),
    ["f", "freeze the picture; all else goes on"],
    ["d", "open the dashboard in the browser, or say where it is"],
    ["/", "find a mapping, batch or request by a part of its name"],
    ["q, Ctrl-C", "stop; once more forces it"],
  ];
  const meanings: readonly (readonly [string, string])[] = [
    [signs.done, "done"],
    [signs.failed, "failed, goes on by a retry or in halves; twice: failed more than once"],
    [signs.gaveUp, "given up"],
    [signs.waits, "waits or runs"],
    [signs.throttled, "throttled: no attempt is used up"],
    [signs.selected, "chosen"],
    [signs.first, "the limit that closes the batch first"],
  ];
  const words: readonly (readonly [string, string])[] = [
    ["lag", "records read and not ended yet; more may wait in the stream"],
    ["oldest", "age of the oldest of them"],
    ["held", "a lane that waits for a failing batch; no record of it overtakes"],
    ["29.2", "second half of batch 29; 29+ is what was left after a part succeeded"],
    ["1" + signs.through + "10", "places in the batch"],
  ];
  const table = (rows: readonly (readonly [string, string])[]): string[] =>
    rows.map(([name, meaning]) => `  ${padTo(name, 14)}  ${meaning}`);
  return ["Keys", ...table(keys), "", "Signs", ...table(meanings), "", "Words", ...table(words)];
}
