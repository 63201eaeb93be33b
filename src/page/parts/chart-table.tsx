// The table behind a chart: the figures that are drawn, exact. Made when it is opened, or printed; a long one shows every so many rows first.

import { useState } from "preact/hooks";
import { thinned } from "./chart-data.ts";
import type { Plotted } from "./chart-plot.ts";
import { shownNumber } from "./format.ts";
import { useIsPrinting } from "./theme.ts";

const FEW = 60;
const FEW_PRINTED = 30;
/** More than these rows are not made at once: a browser would stand still. */
const MANY = 5_000;

interface TableProps extends Plotted {
  readonly title: string;
  readonly places?: readonly string[];
}

export function ChartTable(props: TableProps) {
  const { title, x, y, series, places } = props;
  const [isOpen, setOpen] = useState(false);
  const [isWhole, setWhole] = useState(false);
  const isPrinting = useIsPrinting();
  const every = x.values.map((_, index) => index);
  const most = isPrinting ? FEW_PRINTED : isWhole ? MANY : FEW;
  const rows = thinned(every, most);
  const step = Math.ceil(every.length / most);
  return (
    <details
      class="figures"
      open={isOpen || isPrinting}
      onToggle={(event) => !isPrinting && setOpen(event.currentTarget.open)}
    >
      <summary>Table</summary>
      {(isOpen || isPrinting) && (
        <>
          <div class="scrolls" tabIndex={0} role="region" aria-label={`Table: ${title}`}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{x.name}</th>
                  {series.map(({ name }) => (
                    <th class="number" scope="col" key={name}>
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row}>
                    <th scope="row">{places?.[row] ?? x.show(x.values[row] ?? 0)}</th>
                    {series.map(({ name, values }) => {
                      const value = values[row] ?? null;
                      return (
                        <td class="number" key={name}>
                          {value === null ? "–" : y.show(value)}
                        </td>
                      );
                    })}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {rows.length < every.length && (
            <p class="small soft">
              One row of {shownNumber(step)} is shown.{" "}
              {!isWhole && (
                <button class="on-screen" type="button" onClick={() => setWhole(true)}>
                  Show {every.length > MANY ? "more" : `all ${shownNumber(every.length)}`}
                </button>
              )}
            </p>
          )}
        </>
      )}
    </details>
  );
}
