// The pages' own frame: each is one script and one style that a browser runs as they stand.

import { expect, test } from "vitest";
import { pageFiles } from "../../src/dashboard/page-files.ts";
import { aPage } from "./support/browser.ts";

test.for(["dashboard", "report"] as const)("%s runs from its script and style alone", async (name) => {
  const { script, style } = await pageFiles(name);
  const page = await aPage();
  // The dashboard asks its server for frames: a silent one, here.
  await page.route("http://127.0.0.1/**", (route) => {
    const isFrames = route.request().url().endsWith("/frames");
    const body = `<!doctype html><html lang="en"><title>${name}</title><style>${style}</style><div id="app"></div><script>${script}</script></html>`;
    return route.fulfill(
      isFrames ? { contentType: "text/event-stream", body: "" } : { contentType: "text/html", body },
    );
  });
  await page.goto("http://127.0.0.1/");
  expect(await page.locator("main").textContent()).toContain("Millrace");
});
