// The grid of a sweep as a heat map: a cell a setting, coloured by any figure, the best ones outlined. Choosing a cell shows its run above.
// By keyboard: arrows move within the grid, Enter chooses.

import { useRef } from "preact/hooks";
import type { LoadReport } from "../../../load/report.ts";
import type { Shown } from "../address.ts";
import { bestOf, type Setting, settingsOf, spreadOf } from "../../../load/compare/spread.ts";
import { allFigures, type Figure } from "../figures.ts";
import { memberName, settingName } from "../setting-name.ts";
import { Section } from "../section.tsx";

interface SweepProps {
  readonly report: LoadReport;
  readonly shown: Shown;
  readonly show: (next: Partial<Shown>) => void;
}

type Value = number | string | boolean;
type Fixed = Readonly<Record<string, Value>>;

export function SweepSection({ report, shown, show }: SweepProps) {
  const settings = settingsOf(report);
  const figures = allFigures(report.runs);
  const figure = figures.find(({ name }) => name === shown.figure) ?? figures[0];
  const [across, down, ...rest] = report.swept;
  if (figure === undefined || across === undefined) return null;
  const best = bestOf(settings, figure);
  return (
    <Section title="Sweep" note={`${settings.length} settings; choosing one shows its run above.`}>
      <p class="picks">
        <label for="figure" class="soft small">
          Coloured by
        </label>
        <select id="figure" value={figure.name} onChange={(event) => show({ figure: event.currentTarget.value })}>
          {figures.map(({ name, label }) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </p>
      {combinations(rest).map((fixed) => (
        <HeatMap
          key={JSON.stringify(fixed)}
          {...{ settings, figure, best, across, down, fixed, shown, show, report }}
        />
      ))}
      <p class="soft small">{legendOf(figure)}</p>
    </Section>
  );
}

const legendOf = ({ better }: Figure): string =>
  better === null
    ? "Stronger colour is more; neither way is better as such."
    : `Stronger colour is better. Outlined and marked ✓: the best setting, and all that differ from it by no more than the spread of their runs.`;

/** Each choice of the members that have no axis of their own. */
const combinations = (swept: LoadReport["swept"]): readonly Fixed[] =>
  swept.reduce<readonly Fixed[]>(
    (all, { member, values }) => all.flatMap((fixed) => values.map((value) => ({ ...fixed, [member]: value }))),
    [{}],
  );

interface MapProps extends SweepProps {
  readonly settings: readonly Setting[];
  readonly figure: Figure;
  readonly best: ReadonlySet<Setting>;
  readonly across: LoadReport["swept"][number];
  readonly down: LoadReport["swept"][number] | undefined;
  readonly fixed: Fixed;
}

function HeatMap({ settings, figure, best, across, down, fixed, shown, show, report }: MapProps) {
  const grid = useRef<HTMLTableElement>(null);
  const chosen = report.runs[shown.run]?.name;
  const rows: readonly (Value | null)[] = down?.values ?? [null];
  const known = settings.flatMap((setting) => spreadOf(setting, figure)?.median ?? []);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const settingAt = (row: Value | null, column: Value): Setting | undefined =>
    settings.find(({ swept }) =>
      Object.entries({
        ...fixed,
        [across.member]: column,
        ...(down === undefined ? {} : { [down.member]: row }),
      }).every(([member, value]) => swept[member] === value),
    );
  const cells = rows.flatMap((row) => across.values.map((column) => settingAt(row, column)));
  const chosenAt = cells.findIndex((setting) => setting !== undefined && setting.name === chosen);
  const onKeyDown = (event: KeyboardEvent): void => {
    const buttons = [...(grid.current?.querySelectorAll("button") ?? [])];
    const at = buttons.findIndex((button) => button === document.activeElement);
    const width = across.values.length;
    const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: width, ArrowUp: -width };
    const step = steps[event.key];
    const isAtEdge = (at % width) + (step ?? 0) === (step === 1 ? width : step === -1 ? -1 : Infinity);
    if (at === -1 || step === undefined) return;
    event.preventDefault();
    if (!isAtEdge) buttons[at + step]?.focus();
  };
  return (
    <div class="scrolls">
      <table class="heat" ref={grid} onKeyDown={onKeyDown}>
        <caption class="small soft">
          {Object.entries(fixed).map(([member, value]) => `${member} ${value}: `)}
          {figure.label}, {across.member} across{down !== undefined && `, ${down.member} down`}
        </caption>
        <thead>
          <tr>
            <th scope="col" class="small">
              {down === undefined ? "" : memberName(down.member)}
            </th>
            {across.values.map((column) => (
              <th scope="col" key={String(column)}>
                {String(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, rowIndex) => (
            <tr key={String(row)}>
              <th scope="row">{row === null ? memberName(across.member) : String(row)}</th>
              {across.values.map((column, columnIndex) => {
                const at = rowIndex * across.values.length + columnIndex;
                const setting = cells[at];
                return (
                  <td key={String(column)}>
                    {setting !== undefined && (
                      <Cell
                        {...{ setting, figure, least, most }}
                        isBest={best.has(setting)}
                        isChosen={setting.name === chosen}
                        isInTabOrder={at === Math.max(0, chosenAt)}
                        choose={() => show({ run: setting.first })}
                      />
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CellProps {
  readonly setting: Setting;
  readonly figure: Figure;
  readonly least: number;
  readonly most: number;
  readonly isBest: boolean;
  readonly isChosen: boolean;
  readonly isInTabOrder: boolean;
  readonly choose: () => void;
}

function Cell({ setting, figure, least, most, isBest, isChosen, isInTabOrder, choose }: CellProps) {
  const spread = spreadOf(setting, figure);
  const share = spread === null || most === least ? 0 : (spread.median - least) / (most - least);
  const depth = figure.better === "less" ? 1 - share : share;
  return (
    <button
      type="button"
      class={`cell${isBest ? " is-best" : ""}`}
      aria-pressed={isChosen}
      aria-label={`${settingName(setting)}: ${spread === null ? "none" : figure.show(spread.median)}${isBest ? ", best" : ""}`}
      tabIndex={isInTabOrder ? 0 : -1}
      style={{ "--depth": `${Math.round(depth * 46)}%` }}
      onClick={choose}
    >
      {spread === null ? "–" : figure.show(spread.median)}
      {isBest && " ✓"}
      {spread !== null && spread.count > 1 && <small>± {figure.show(spread.interquartile / 2)}</small>}
    </button>
  );
}
