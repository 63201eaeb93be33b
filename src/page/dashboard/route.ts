// The address of the page: which view is shown, what is selected and filtered in it, and the instant of a recorded journal. All of it is
// in the fragment, `#batches?mapping=5e1f09c2&reason=window`, so that a link shows the same picture again. No element has a view's
// name for its id: a browser would focus it.

export type ViewName =
  | "mappings"
  | "batches"
  | "failing"
  | "find"
  | "functions"
  | "destinations"
  | "charts"
  | "journal";

const NAMES: readonly ViewName[] = [
  "mappings",
  "batches",
  "failing",
  "find",
  "functions",
  "destinations",
  "charts",
  "journal",
];

export interface Route {
  readonly view: ViewName;
  readonly params: Readonly<Record<string, string>>;
}

/** An address that names no view shows the mappings. */
export function routeFromHash(hash: string): Route {
  const [name = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const view = NAMES.find((each) => each === name) ?? "mappings";
  return { view, params: Object.fromEntries(new URLSearchParams(query)) };
}

/** Parameters that are empty are left out. */
export function hashOf({ view, params }: Route): string {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== "")).toString();
  return query === "" ? `#${view}` : `#${view}?${query}`;
}

/** Another view: the instant that is looked at goes along; all else belongs to the view that is left. */
export function routeTo(from: Route, view: ViewName, params: Readonly<Record<string, string>> = {}): Route {
  const { at = "" } = from.params;
  return { view, params: { at, ...params } };
}
