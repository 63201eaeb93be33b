// The first step of every script in package.json. Our sources run by type stripping, and they use syntax that Node 24 has:
// `npm ci` brings that Node through the package `node`, whose install script puts it before all others for npm's scripts.
// This file says what to do where that did not happen, so it must itself run on any old Node: no syntax newer than 2015.

import { existsSync } from "node:fs";

const wanted = 24;
const found = Number(process.versions.node.split(".")[0]);

if (found < wanted) {
  const has = (place) => existsSync(new URL("../node_modules/" + place, import.meta.url));
  // The same words work with npm 10, 11 and 12, also where `ignore-scripts` is set for good.
  let mend = "nothing is installed yet: run `npm ci`";
  if (has("node/package.json")) {
    mend = "the install script of the package `node` did not run: run `npm rebuild node --ignore-scripts=false`";
  }
  if (has(".bin/node") && has("node/bin/node")) {
    mend = "the right one is installed: start it through npm (`npm test`) or as `npx node FILE`";
  }
  console.error("error: this needs Node " + wanted + " and runs on " + process.versions.node + "; " + mend);
  process.exit(3);
}
