// A tree of a failing batch, as the pattern for trees has it: one row has the tab stop, arrows walk and open.

import { useRef, useState } from "preact/hooks";
import type { FailingFrame } from "../../../dashboard/frame.ts";
import { shortId, shownMs } from "../../parts/format.ts";
import { Sign } from "./signs.tsx";
import { placesText, type TreeFacts, type TreeRow, treeRows } from "./trees.ts";

interface TreeProps {
  readonly family: FailingFrame;
  readonly facts: TreeFacts;
  /** Said of the tree as a whole. */
  readonly label: string;
  /** The part that is selected, by its name. */
  readonly selected?: string;
  /** A part was opened by Enter or a click. */
  readonly onSelect: (row: TreeRow) => void;
}

export function Tree({ family, facts, label, selected, onSelect }: TreeProps) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [at, setAt] = useState(family.root.name);
  const list = useRef<HTMLUListElement>(null);
  const rows = treeRows(family, closed, facts);
  const stop = rows.some(({ node }) => node.name === at) ? at : family.root.name;

  const focus = (name: string | undefined): void => {
    if (name === undefined) return;
    setAt(name);
    list.current?.querySelector<HTMLElement>(`[data-name="${CSS.escape(name)}"]`)?.focus();
  };
  const toggle = (name: string, isOpen: boolean): void => {
    const names = new Set(closed);
    if (isOpen) names.delete(name);
    else names.add(name);
    setClosed(names);
  };
  const onKeyDown = (event: KeyboardEvent, row: TreeRow, index: number): void => {
    const parent = rows.slice(0, index).findLast(({ level }) => level === row.level - 1);
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => focus(rows[index + 1]?.node.name),
      ArrowUp: () => focus(rows[index - 1]?.node.name),
      Home: () => focus(rows[0]?.node.name),
      End: () => focus(rows.at(-1)?.node.name),
      ArrowRight: () => (row.isOpen === false ? toggle(row.node.name, true) : focus(rows[index + 1]?.node.name)),
      ArrowLeft: () => (row.isOpen === true ? toggle(row.node.name, false) : focus(parent?.node.name)),
      Enter: () => onSelect(row),
      " ": () => onSelect(row),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  };

  return (
    <ul class="tree" role="tree" aria-label={label} ref={list}>
      {rows.map((row, index) => (
        <li
          key={row.node.name}
          role="treeitem"
          aria-level={row.level}
          aria-posinset={row.place}
          aria-setsize={row.siblings}
          aria-expanded={row.isOpen ?? undefined}
          aria-selected={row.node.name === selected}
          data-row
          data-name={row.node.name}
          tabIndex={row.node.name === stop ? 0 : -1}
          style={{ "--level": Math.min(row.level, 12) }}
          onFocus={() => setAt(row.node.name)}
          onClick={() => onSelect(row)}
          onKeyDown={(event) => onKeyDown(event, row, index)}
        >
          <span class="tree-name">
            <span
              class="tree-toggle"
              aria-hidden="true"
              onClick={(event) => {
                if (row.isOpen === null) return;
                event.stopPropagation();
                toggle(row.node.name, !row.isOpen);
              }}
            >
              {row.isOpen === null ? "" : row.isOpen ? "▾" : "▸"}
            </span>
            <span class="spoken">batch </span>
            {row.node.name}
          </span>
          <span class="tree-places">
            <span class="spoken">, records </span>
            {placesText(row.node)}
          </span>
          <Sign tone={row.tone} sign={row.sign} />
          <span class="tree-took">{tookText(row)}</span>
          <span class="tree-text">{row.text}</span>
          <span class="tree-request">{row.node.requestId === null ? "" : shortId(row.node.requestId)}</span>
        </li>
      ))}
    </ul>
  );
}

const tookText = ({ node }: TreeRow): string =>
  node.tookMs === null || node.state === "running" ? "" : shownMs(node.tookMs);
