// The frame of the dashboard: heading with the search, the list of views, the view that is shown, its command, and what state the
// connection is in. Views draw what is in the frame; the last picture stays, greyed, while nothing comes.

import { useEffect, useMemo, useState } from "preact/hooks";
import { Announcer } from "./announcer.tsx";
import type { Feed, FeedSource } from "./connection.ts";
import { type Dashboard, DashboardContext } from "./dashboard-context.ts";
import { pressed } from "./keys.ts";
import { Legend } from "./legend.tsx";
import { CommandLine } from "./parts/command-line.tsx";
import { useTicks } from "./parts/ticks.ts";
import { hashOf, type Route, routeFromHash, routeTo, type ViewName } from "./route.ts";
import { StatusText, statusOf } from "./status.tsx";
import { views } from "./views/registry.ts";

interface AppProps {
  readonly feed: FeedSource;
  readonly base: string;
  readonly isFile: boolean;
}

export function App({ feed: source, base, isFile }: AppProps) {
  const live = useFeed(source);
  const [frozen, setFrozen] = useState<Feed | null>(null);
  const [isLegendOpen, setLegendOpen] = useState(false);
  const route = useRoute();
  const feed = frozen ?? live;
  const { frame } = feed.picture;
  const isMoving = frozen === null && !isFile && live.connection.kind === "live";
  const wallMs = useTicks(250, isMoving || live.connection.kind === "lost" || live.connection.kind === "connecting");
  const view = views.find(({ name }) => name === route.view) ?? views[0];
  const go: Dashboard["go"] = (name, params) => navigate(routeTo(route, name, params));
  const status = statusOf(live, frozen !== null, wallMs);

  useEffect(() => {
    // The address is ahead of what is drawn.
    const addressed = (): Route => routeFromHash(location.hash);
    const onKey = (event: KeyboardEvent): void =>
      pressed(event, {
        show: ({ name }) => navigate(routeTo(addressed(), name)),
        back: () => (isLegendOpen ? setLegendOpen(false) : goBack(addressed())),
        toggleFreeze: () => setFrozen((before) => (before === null ? source.now() : null)),
        toggleLegend: () => setLegendOpen((before) => !before),
      });
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [isLegendOpen, source]);

  const instant = route.params["at"] ?? "";
  useEffect(() => {
    if (isFile) source.showInstant(Number(instant) > 0 ? Number(instant) : null);
  }, [isFile, instant, source]);

  useEffect(() => {
    document.title = `${view?.title ?? ""} – Millrace`;
  }, [view]);

  const dashboard: Dashboard | null =
    frame === null
      ? null
      : {
          picture: feed.picture,
          frame,
          connection: live.connection,
          base,
          route,
          nowMs: frame.atMs + (isMoving ? Math.max(0, wallMs - feed.cameAtMs) : 0),
          isReadOnly: frame.origin.isReadOnly,
          isFile,
          go,
          setParams: (params) => navigate({ view: route.view, params: { ...route.params, ...params } }),
          showInstant: (atMs) => {
            const { view: shown, params } = routeFromHash(location.hash);
            replaceAddress({ view: shown, params: { ...params, at: String(Math.round(atMs)) } });
          },
        };
  const failingCount = frame?.failing.filter(({ endedAtMs }) => endedAtMs === null).length ?? 0;

  return (
    <div class={`page ${status.isStale ? "is-stale" : ""}`}>
      <a class="skip" href="#content" onClick={skipToContent}>
        To the content
      </a>
      <header class="top">
        <a class="brand" href={hashOf(routeTo(route, "mappings"))}>
          millrace
        </a>
        <FindBox go={go} />
        <StatusText status={status} />
        <button type="button" class="plain" onClick={() => setLegendOpen(true)}>
          ? keys
        </button>
      </header>
      <ViewList route={route} mappingCount={frame?.mappings.length ?? 0} failingCount={failingCount} />
      <main id="content" tabIndex={-1} aria-busy={dashboard === null}>
        {dashboard === null || view === undefined ? (
          <Loading status={status.text} sinceMs={live.cameAtMs} wallMs={wallMs} />
        ) : (
          <DashboardContext.Provider value={dashboard}>
            <view.Component key={view.name} />
          </DashboardContext.Provider>
        )}
      </main>
      <footer class="bottom">
        {dashboard !== null && view !== undefined && <CommandLine command={view.command(dashboard)} />}
        <span class="rate">{status.rate}</span>
      </footer>
      <Announcer news={live.picture.frame?.news ?? []} />
      {isLegendOpen && <Legend onClose={() => setLegendOpen(false)} />}
    </div>
  );
}

function FindBox({ go }: Pick<Dashboard, "go">) {
  return (
    <form
      role="search"
      class="find"
      onSubmit={(event) => {
        event.preventDefault();
        const what = event.currentTarget.querySelector("input")?.value.trim() ?? "";
        if (what !== "") go("find", { what });
      }}
    >
      <label for="find-box" aria-hidden="true">
        /
      </label>
      <input
        id="find-box"
        name="what"
        type="search"
        aria-label="Find a record, message id, request id or key"
        placeholder="record, message id, request id, key"
        autocomplete="off"
        spellcheck={false}
      />
    </form>
  );
}

interface ViewListProps {
  readonly route: Route;
  readonly mappingCount: number;
  readonly failingCount: number;
}

/** At 400 pixels the three that are asked for most, and the one that is shown; the others behind a button. */
const FIRST: readonly ViewName[] = ["mappings", "failing", "find"];

function ViewList({ route, mappingCount, failingCount }: ViewListProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <nav class={isOpen ? "views is-open" : "views"} aria-label="Views">
      <div>
        {views.map(({ name, title, key }) => (
          <a
            key={name}
            class={FIRST.includes(name) || name === route.view ? "" : "is-more"}
            href={hashOf(routeTo(route, name))}
            aria-current={name === route.view ? "page" : undefined}
            aria-keyshortcuts={key}
            onClick={() => setOpen(false)}
          >
            <span>{title}</span>
            {name === "mappings" && <ViewCount count={mappingCount} isBad={false} />}
            {name === "failing" && <ViewCount count={failingCount} isBad />}
          </a>
        ))}
        <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Less" : "More"}
        </button>
      </div>
    </nav>
  );
}

function ViewCount({ count, isBad }: { readonly count: number; readonly isBad: boolean }) {
  if (count === 0) return null;
  return <span class={isBad ? "count is-failed" : "count"}>{isBad ? `✗ ${count}` : count}</span>;
}

/** Nothing has come yet: after 2 seconds, what is awaited. */
function Loading(props: { readonly status: string; readonly sinceMs: number; readonly wallMs: number }) {
  const isLong = props.wallMs - props.sinceMs > 2_000;
  return (
    <>
      <h1>Millrace</h1>
      {isLong && <p class="soft">{`Waiting for the server's first frame: ${props.status}`}</p>}
    </>
  );
}

function useFeed(source: FeedSource): Feed {
  const [feed, setFeed] = useState(source.now());
  useEffect(() => {
    setFeed(source.now());
    return source.subscribe(() => setFeed(source.now()));
  }, [source]);
  return feed;
}

function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => {
      // A link within the page is no view.
      if (location.hash !== "#content") setHash(location.hash);
    };
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  return useMemo(() => routeFromHash(hash), [hash]);
}

function navigate(route: Route): void {
  location.hash = hashOf(route);
}

/** Without an entry of its own among the addresses to go back to: a drag has many of them. */
function replaceAddress(route: Route): void {
  history.replaceState(null, "", hashOf(route));
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Out of what is selected; then to the mappings. */
function goBack({ view, params }: Route): void {
  const { at = "", mapping = "", ...selected } = params;
  if (Object.values(selected).some((value) => value !== "")) navigate({ view, params: { at, mapping } });
  else if (view !== "mappings") navigate({ view: "mappings", params: { at, mapping } });
}

function skipToContent(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
