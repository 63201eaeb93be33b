// The load report's page: reads the figures that the file holds and shows them. It asks nobody for anything.

import { render } from "preact";
import type { Reports } from "../../load/compared-report.ts";
import "../parts/base.css";
import "./report.css";
import { Report } from "./report.tsx";

const root = document.getElementById("app");
const data = document.getElementById("report")?.textContent ?? null;
if (root !== null) {
  root.replaceChildren();
  // The file's own writer made it: what is there has this shape.
  const held: Reports | null = data === null ? null : JSON.parse(data);
  render(held === null ? <main>Millrace: this file holds no report.</main> : <Report {...held} />, root);
}
