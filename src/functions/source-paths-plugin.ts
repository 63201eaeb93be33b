// A bundle has one place on disk, its sources have many. So that code finds the files beside its own source, `__dirname`,
// `__filename` and the addresses of `import.meta` are replaced in each file by that file's own, before bundling. esbuild itself
// knows which of them are the file's own names (a local variable called `__dirname` stays).

import { readFile } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import type { Loader, Plugin } from "esbuild";

const NAMES = /\b__dirname\b|\b__filename\b|\bimport\.meta\b/;

export const sourcePathsPlugin: Plugin = {
  name: "source-paths",
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path }) => {
      const contents = await readFile(path, "utf8");
      if (!NAMES.test(contents)) return { contents, loader: loaderOf(path) };
      const text = JSON.stringify;
      const { code } = await build.esbuild.transform(contents, {
        loader: loaderOf(path),
        sourcefile: path,
        sourcemap: "inline",
        sourcesContent: false,
        target: "node22",
        define: {
          __dirname: text(dirname(path)),
          __filename: text(path),
          "import.meta.dirname": text(dirname(path)),
          "import.meta.filename": text(path),
          "import.meta.url": text(pathToFileURL(path).href),
        },
      });
      return { contents: code, loader: "js" };
    });
    // Compiled add-ons cannot be bundled: they are loaded from where they are.
    build.onResolve({ filter: /\.node$/ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === "add-on") return undefined;
      const found = await build.resolve(path, { resolveDir, kind, pluginData: "add-on" });
      return found.errors.length > 0 ? { errors: found.errors } : { path: found.path, external: true };
    });
  },
};

function loaderOf(path: string): Loader {
  switch (extname(path)) {
    case ".tsx":
      return "tsx";
    case ".ts":
    case ".mts":
    case ".cts":
      return "ts";
    case ".jsx":
      return "jsx";
    default:
      return "js";
  }
}
