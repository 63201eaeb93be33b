// What every view is given: the picture, the address, and how to go elsewhere.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Frame } from "../../dashboard/frame.ts";
import type { Connection } from "./connection.ts";
import type { Route, ViewName } from "./route.ts";
import type { Picture } from "./store.ts";

export interface Dashboard {
  readonly picture: Picture;
  /** Views are drawn once there is one. */
  readonly frame: Frame;
  readonly connection: Connection;
  /** Where the page lies, with `/` at its end: `/_millrace/`. */
  readonly base: string;
  readonly route: Route;
  /** The server's clock now, going on between frames; of a recorded journal the instant that is shown. Epoch ms. */
  readonly nowMs: number;
  /** A recorded journal, or a server that was started so: actions are not shown. */
  readonly isReadOnly: boolean;
  readonly isFile: boolean;
  /** Another view, or another selection in it. */
  readonly go: (view: ViewName, params?: Readonly<Record<string, string>>) => void;
  /** Changes parameters of the view that is shown; an empty one is taken away. */
  readonly setParams: (params: Readonly<Record<string, string>>) => void;
  /** Of a recorded journal: every view shows what was then. */
  readonly showInstant: (atMs: number) => void;
}

export const DashboardContext = createContext<Dashboard | null>(null);

/** Throws outside the page. */
export function useDashboard(): Dashboard {
  const dashboard = useContext(DashboardContext);
  if (dashboard === null) throw new Error("a view is drawn outside of the dashboard");
  return dashboard;
}
