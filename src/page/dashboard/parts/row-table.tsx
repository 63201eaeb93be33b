// A table of rows that may be many: what is not seen is room, so that 100,000 rows cost what some dozens do. At 400 pixels each row is a
// card. A row that opens has a link in its first cell, which the keys `j` and `k` walk over; a click anywhere in it follows the link.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { shownRows } from "./windowed.ts";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly isNumber?: boolean;
  /** Left out of the cards at 400 pixels. */
  readonly isWide?: boolean;
  /** Alone on a line of the card. */
  readonly isWhole?: boolean;
  /** A name, cut off where it is long. */
  readonly isName?: boolean;
}

interface RowTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  readonly selected?: string | number | null;
  /** Where a row leads. */
  readonly hrefOf?: (row: Row) => string;
  /** Lines of a row's card at 400 pixels; default 2. */
  readonly cardLines?: number;
  /** Scrolls in itself, so high at most. Default: as high as the rows. */
  readonly height?: string;
}

const ROW_PX = 30;
const CARD_LINE_PX = 24;
const CARD_REST_PX = 20;

export function RowTable<Row>(props: RowTableProps<Row>) {
  const { label, columns, rows, keyOf, selected, hrefOf, cardLines = 2, height } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const isNarrow = useIsNarrow();
  const rowPx = isNarrow ? cardLines * CARD_LINE_PX + CARD_REST_PX : ROW_PX;
  const shown = shownRows(rows.length, rowPx, view.top, view.height);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    measure();
    element.addEventListener("scroll", measure, { passive: true });
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => {
      element.removeEventListener("scroll", measure);
      watch.disconnect();
    };
  }, []);

  return (
    <div
      class="rows"
      ref={box}
      style={height === undefined ? {} : { maxHeight: height, "--row": `${rowPx}px` }}
      role="region"
      aria-label={label}
      tabIndex={0}
    >
      <table role="table" aria-rowcount={rows.length + 1} aria-label={label}>
        <thead role="rowgroup">
          <tr role="row" aria-rowindex={1}>
            {columns.map(({ title, isNumber }) => (
              <th key={title} role="columnheader" scope="col" class={isNumber === true ? "number" : ""}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {shown.above > 0 && <Room px={shown.above} columns={columns.length} />}
          {rows.slice(shown.from, shown.to).map((row, index) => {
            const key = keyOf(row);
            return (
              <TableRow
                key={key}
                columns={columns}
                row={row}
                index={shown.from + index + 2}
                isSelected={key === selected}
                href={hrefOf?.(row)}
              />
            );
          })}
          {shown.below > 0 && <Room px={shown.below} columns={columns.length} />}
        </tbody>
      </table>
    </div>
  );
}

interface TableRowProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly row: Row;
  readonly index: number;
  readonly isSelected: boolean;
  readonly href: string | undefined;
}

function TableRow<Row>({ columns, row, index, isSelected, href }: TableRowProps<Row>) {
  const follow = (event: MouseEvent): void => {
    const isOther = event.target instanceof Element && event.target.closest("a, button") !== null;
    if (href !== undefined && !isOther && getSelection()?.isCollapsed !== false) location.hash = href;
  };
  return (
    <tr
      role="row"
      aria-rowindex={index}
      class={`${isSelected ? "is-selected" : ""} ${href === undefined ? "" : "opens"}`}
      onClick={follow}
    >
      {columns.map((column, place) => (
        <td key={column.title} role="cell" data-title={column.title} class={classOf(column)}>
          {place === 0 && href !== undefined ? (
            <a href={href} data-row aria-current={isSelected ? "true" : undefined}>
              {column.cell(row)}
            </a>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  );
}

const classOf = <Row,>({ isNumber, isWide, isWhole, isName }: Column<Row>): string =>
  [
    isNumber === true ? "number" : "",
    isWide === true ? "wide" : "",
    isWhole === true ? "whole" : "",
    isName === true ? "name" : "",
  ]
    .filter((name) => name !== "")
    .join(" ");

function Room({ px, columns }: { readonly px: number; readonly columns: number }) {
  return (
    <tr class="room" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${px}px` }} />
    </tr>
  );
}

/** Whether the page has one column. */
export function useIsNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia("(max-width: 640px)").matches);
  useEffect(() => {
    const query = matchMedia("(max-width: 640px)");
    const changed = (): void => setNarrow(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  return isNarrow;
}
