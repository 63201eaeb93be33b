// Opens an address in the person's browser, where there is one to open it in. Nothing waits for it.

import { spawn } from "node:child_process";

type Env = Readonly<Record<string, string | undefined>>;

/** The command that opens addresses; null: nobody could see it, as on a server without a screen. */
export function pageOpener(platform: string, env: Env): readonly [command: string, ...args: readonly string[]] | null {
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["cmd", "/c", "start", ""];
  const hasScreen = [env["DISPLAY"], env["WAYLAND_DISPLAY"]].some((value) => value !== undefined && value !== "");
  return hasScreen ? ["xdg-open"] : null;
}

/** False: there is no browser to be opened here. */
export function openPage(url: string, { platform, env }: { readonly platform: string; readonly env: Env }): boolean {
  const opener = pageOpener(platform, env);
  if (opener === null) return false;
  const [command, ...args] = opener;
  const child = spawn(command, [...args, url], { detached: true, stdio: "ignore" });
  // The address has been said: who has no such command opens it by hand.
  child.on("error", () => undefined);
  child.unref();
  return true;
}
