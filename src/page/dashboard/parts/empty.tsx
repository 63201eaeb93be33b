// What would be here, and the command that fills it.

import { CommandLine } from "./command-line.tsx";

export function Empty({ text, command }: { readonly text: string; readonly command?: string }) {
  return (
    <div class="empty">
      <p>{text}</p>
      {command !== undefined && <CommandLine command={command} />}
    </div>
  );
}
