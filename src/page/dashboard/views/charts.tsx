// The view Charts: how over time? A point a second for 15 minutes, or a minute for a day, of all mappings or of one.

import { Chart } from "../../parts/chart.tsx";
import { chartsOf, ranges } from "../charts/series.ts";
import { type Dashboard, useDashboard } from "../dashboard-context.ts";
import { seriesOf } from "../store.ts";
import "./views.css";

export function ChartsView() {
  const { picture, frame, route, setParams, isFile } = useDashboard();
  const mapping = route.params["mapping"] ?? "";
  const range = ranges.find(({ name }) => name === route.params["range"]) ?? ranges[0];
  const series = seriesOf(picture, mapping === "" ? null : mapping);
  const points = range?.name === "24h" ? series.minutes : series.seconds;
  const charts = chartsOf(points, range?.stepSeconds ?? 1);
  return (
    <>
      <div class="view-head">
        <h1>Charts</h1>
        <p class="soft">{isFile ? "up to the instant that is shown" : (range?.text ?? "")}</p>
      </div>
      <div class="filters">
        <label>
          <span>Mapping</span>
          <select value={mapping} onChange={({ currentTarget }) => setParams({ mapping: currentTarget.value })}>
            <option value="">all</option>
            {frame.mappings.map(({ uuid, functionName, source }) => (
              <option key={uuid} value={uuid}>{`${functionName}, ${source}`}</option>
            ))}
          </select>
        </label>
        <label>
          <span>Range</span>
          <select value={range?.name ?? ""} onChange={({ currentTarget }) => setParams({ range: currentTarget.value })}>
            {ranges.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </label>
      </div>
      <h2 class="spoken">By time</h2>
      <div class="charts">
        {charts.map((chart) => (
          <Chart key={chart.title} {...chart} empty="No second has passed yet in which anything was counted." />
        ))}
      </div>
    </>
  );
}

export function chartsCommand({ route }: Dashboard): string {
  const mapping = route.params["mapping"] ?? "";
  return mapping === ""
    ? `curl -s ${location.origin}/_millrace/metrics`
    : `curl -s ${location.origin}/_millrace/metrics | grep ${mapping.slice(0, 8)}`;
}
