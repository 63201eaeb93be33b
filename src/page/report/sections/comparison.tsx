// Settings side by side: of this report, and of others that were given with it. A difference is marked only where it is larger than the
// runs of a setting differ among themselves.

import { useState } from "preact/hooks";
import type { Reports } from "../../../load/compared-report.ts";
import type { LoadReport } from "../../../load/report.ts";
import { shownShare } from "../../parts/format.ts";
import {
  type Difference,
  differenceOf,
  type Setting,
  settingsOf,
  type Spread,
  spreadOf,
} from "../../../load/compare/spread.ts";
import { type Figure, mainFigures } from "../figures.ts";
import { settingName } from "../setting-name.ts";
import { Section } from "../section.tsx";

interface Side {
  readonly label: string;
  readonly setting: Setting;
}

/** A table of more columns is not read. */
const MOST_SIDES = 6;
const MOST_AT_FIRST = 3;

/** What was there before is what is compared against: the first setting of the first other report, else of this one. */
const firstBase = ({ report, compared }: Reports): number => (compared.length > 0 ? settingsOf(report).length : 0);

export function ComparisonSection({ report, compared }: Reports) {
  const sides = sidesOf({ report, compared });
  const [base, setBase] = useState(() => firstBase({ report, compared }));
  const [picked, setPicked] = useState<ReadonlySet<number>>(
    () =>
      new Set(
        sides
          .map((_, index) => index)
          .filter((index) => index !== base)
          .slice(0, MOST_AT_FIRST),
      ),
  );
  const baseSide = sides[base];
  if (sides.length < 2 || baseSide === undefined)
    return (
      <Section title="Comparison">
        <p>To hold a later run against this one, keep its figures, and name them then:</p>
        <pre class="command">millrace load PLAN --save before.json{"\n"}millrace load PLAN --compare before.json</pre>
      </Section>
    );
  const columns = sides.flatMap((side, index) => (picked.has(index) && index !== base ? [side] : []));
  const toggle = (index: number): void =>
    setPicked(new Set(picked.has(index) ? [...picked].filter((each) => each !== index) : [...picked, index]));
  return (
    <Section title="Comparison" note="Medians of each setting's runs.">
      <p class="picks">
        <label for="base" class="soft small">
          Against
        </label>
        <select id="base" value={base} onChange={(event) => setBase(Number(event.currentTarget.value))}>
          {sides.map(({ label }, index) => (
            <option key={index} value={index}>
              {label}
            </option>
          ))}
        </select>
      </p>
      <fieldset class="sides small on-screen">
        <legend class="soft">Compared, {MOST_SIDES} at most</legend>
        {sides.map(({ label }, index) => (
          <label key={index}>
            <input
              type="checkbox"
              checked={picked.has(index) && index !== base}
              disabled={index === base || (!picked.has(index) && columns.length >= MOST_SIDES)}
              onChange={() => toggle(index)}
            />
            {label}
          </label>
        ))}
      </fieldset>
      <div class="scrolls" tabIndex={0} role="region" aria-label="Figures side by side">
        <table class={`comparison${columns.length <= 3 ? " is-few" : ""}`}>
          <thead>
            <tr>
              <th scope="col">figure</th>
              <th scope="col" class="number">
                {baseSide.label}
              </th>
              {columns.map(({ label }, index) => (
                <th scope="col" class="number" key={index}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {mainFigures(sides.flatMap(({ setting }) => setting.runs)).map((figure) => (
              <Line key={figure.name} {...{ figure, columns }} base={spreadOf(baseSide.setting, figure)} />
            ))}
          </tbody>
        </table>
      </div>
      <p class="soft small">
        Marked is what differs by more than the larger interquartile spread of both sides: of live runs from five a
        side, of simulated ones any, as they repeat to the digit.
      </p>
    </Section>
  );
}

function sidesOf({ report, compared }: Reports): readonly Side[] {
  const of = (from: LoadReport, name: string | null): readonly Side[] =>
    settingsOf(from).map((setting) => ({
      label: name === null ? settingName(setting) : `${name}: ${settingName(setting)}`,
      setting,
    }));
  return [
    ...of(report, compared.length === 0 ? null : "this run"),
    ...compared.flatMap(({ name, report: other }) => of(other, name)),
  ];
}

const SIGNS: Readonly<Record<Difference, { readonly sign: string; readonly colour: string }>> = {
  better: { sign: "✓ better", colour: "is-done" },
  worse: { sign: "✗ worse", colour: "is-failed" },
  more: { sign: "more", colour: "is-accent" },
  less: { sign: "less", colour: "is-accent" },
  "the same": { sign: "the same", colour: "soft" },
  "within the spread": { sign: "within the spread", colour: "soft" },
  "too few runs to tell": { sign: "too few runs to tell", colour: "soft" },
};

interface LineProps {
  readonly figure: Figure;
  readonly base: Spread | null;
  readonly columns: readonly Side[];
}

function Line({ figure, base, columns }: LineProps) {
  return (
    <tr>
      <th scope="row">{figure.label}</th>
      <td class="number">{base === null ? "–" : <Measured {...{ figure }} spread={base} />}</td>
      {columns.map(({ setting }, index) => {
        const spread = spreadOf(setting, figure);
        if (spread === null || base === null)
          return (
            <td class="number" key={index}>
              {spread === null ? "–" : figure.show(spread.median)}
            </td>
          );
        const { sign, colour } = SIGNS[differenceOf(base, spread, figure)];
        return (
          <td class="number" key={index}>
            <Measured {...{ figure, spread }} />
            <span class={`difference ${colour}`}>
              {sign}
              {spread.median !== base.median && base.median !== 0 && ` ${changeOf(base.median, spread.median)}`}
            </span>
          </td>
        );
      })}
    </tr>
  );
}

function Measured({ figure, spread }: { readonly figure: Figure; readonly spread: Spread }) {
  return (
    <>
      {figure.show(spread.median)}
      {spread.count > 1 && <span class="soft"> ± {figure.show(spread.interquartile / 2)}</span>}
    </>
  );
}

/** `+ 12 %`, `− 40 %`, from twice on `× 3.1`. */
function changeOf(base: number, other: number): string {
  const ratio = other / base;
  if (ratio >= 2) return `× ${ratio.toLocaleString("en-US", { maximumSignificantDigits: 3 })}`;
  return ratio >= 1 ? `+ ${shownShare(ratio - 1)}` : `− ${shownShare(1 - ratio)}`;
}
