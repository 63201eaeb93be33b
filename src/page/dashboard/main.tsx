// The dashboard in a browser: its feed, and the page that shows it.

import { render } from "preact";
import "../parts/base.css";
import { App } from "./app.tsx";
import "./dashboard.css";
import "./parts/parts.css";
import { openFeed } from "./connection.ts";

const root = document.getElementById("app");
if (root !== null) {
  const isFile = root.dataset["origin"] === "file";
  const base = new URL(".", location.href).pathname;
  const feed = openFeed({ base, isFile });
  render(<App feed={feed} base={base} isFile={isFile} />, root);
}
