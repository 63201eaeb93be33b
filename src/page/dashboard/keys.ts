// The keys of the page. Rows that `j` and `k` walk over carry `data-row`; what a key does in a view is said by a button with `data-key`.

import { views } from "./views/registry.ts";

export interface KeyLine {
  readonly keys: string;
  readonly does: string;
}

export const keyLines: readonly KeyLine[] = [
  { keys: "1 – 8", does: "the views" },
  { keys: "j  k", does: "the next row, the row before" },
  { keys: "Enter", does: "open" },
  { keys: "Esc", does: "back" },
  { keys: "/", does: "find a record, message id, request id or key" },
  { keys: "p", does: "pause the mapping, or let it go on" },
  { keys: "s", does: "let one call through" },
  { keys: "t", does: "send a test record" },
  { keys: "e", does: "explain what is selected" },
  { keys: "f", does: "freeze the picture, or let it go on" },
  { keys: "[  ]", does: "of a recorded journal: the mark before, the next one" },
  { keys: "?", does: "these keys and signs" },
];

export interface PageActions {
  readonly show: (view: (typeof views)[number]) => void;
  readonly back: () => void;
  readonly toggleFreeze: () => void;
  readonly toggleLegend: () => void;
}

/** Does what a key says, unless something is being typed. */
export function pressed(event: KeyboardEvent, actions: PageActions): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (event.key === "Escape" && target?.closest("dialog") === null) return actions.back();
  if (target?.closest('dialog, input:not([type="range"]), textarea, select') !== null && target !== null) return;
  const view = views.find(({ key }) => key === event.key);
  if (view !== undefined) actions.show(view);
  else if (event.key === "?") actions.toggleLegend();
  else if (event.key === "f") actions.toggleFreeze();
  else if (event.key === "j" || event.key === "k") stepRow(event.key === "j" ? 1 : -1);
  else if (event.key === "/") toSearch();
  else if (!pressButton(event.key)) return;
  event.preventDefault();
}

/** What stands in it is chosen, so that typing asks anew. */
function toSearch(): void {
  const box = document.querySelector<HTMLInputElement>("#find-box");
  box?.focus();
  box?.select();
}

/** A shown button that says this key is its own. */
function pressButton(key: string): boolean {
  if (!/^[a-z[\]]$/.test(key)) return false;
  const button = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]:not([disabled])`);
  button?.click();
  return button !== null;
}

function stepRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")].filter(
    (row) => row.offsetParent !== null,
  );
  const focused = document.activeElement?.closest<HTMLElement>("[data-row]") ?? null;
  const at = focused === null ? -1 : rows.indexOf(focused);
  const next = at < 0 ? rows[step > 0 ? 0 : rows.length - 1] : rows[at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}
