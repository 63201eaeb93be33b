// The views, in the order of their keys. Each names the command of the terminal that answers the same question.

import type { ComponentType } from "preact";
import type { Dashboard } from "../dashboard-context.ts";
import type { ViewName } from "../route.ts";
import { BatchesView, batchesCommand } from "./batches.tsx";
import { ChartsView, chartsCommand } from "./charts.tsx";
import { DestinationsView, destinationsCommand } from "./destinations.tsx";
import { FailingView, failingCommand } from "./failing.tsx";
import { FindView, findCommand } from "./find.tsx";
import { FunctionsView, functionsCommand } from "./functions.tsx";
import { JournalView, journalCommand } from "./journal.tsx";
import { MappingsView, mappingsCommand } from "./mappings.tsx";

export interface View {
  readonly name: ViewName;
  readonly title: string;
  /** `1` to `8`. */
  readonly key: string;
  readonly Component: ComponentType;
  /** What to type in a terminal for the same answer; shown below the view, to be copied. */
  readonly command: (dashboard: Dashboard) => string;
}

export const views: readonly View[] = [
  { name: "mappings", title: "Mappings", key: "1", Component: MappingsView, command: mappingsCommand },
  { name: "batches", title: "Batches", key: "2", Component: BatchesView, command: batchesCommand },
  { name: "failing", title: "Failing", key: "3", Component: FailingView, command: failingCommand },
  { name: "find", title: "Find", key: "4", Component: FindView, command: findCommand },
  { name: "functions", title: "Functions", key: "5", Component: FunctionsView, command: functionsCommand },
  {
    name: "destinations",
    title: "Destinations",
    key: "6",
    Component: DestinationsView,
    command: destinationsCommand,
  },
  { name: "charts", title: "Charts", key: "7", Component: ChartsView, command: chartsCommand },
  { name: "journal", title: "Journal", key: "8", Component: JournalView, command: journalCommand },
];
