// Contexts of `node:vm` are realms of their own, with clocks and chance of their own: each one that the user's code makes is given the
// world's before anything runs in it.

import vm from "node:vm";
import { callOn, methodOf, put } from "./members.ts";

type Dress = (global: typeof globalThis) => void;

export function replaceContexts(dress: Dress): void {
  const createContext = vm.createContext.bind(vm);
  const runInContext = vm.runInContext.bind(vm);
  const runScript = methodOf(vm.Script.prototype, "runInContext");
  const dressed = new WeakSet<object>();

  function create(given?: vm.Context, options?: vm.CreateContextOptions): vm.Context {
    const context = createContext(given, options);
    if (dressed.has(context)) return context;
    dressed.add(context);
    dress(runInContext("globalThis", context) as typeof globalThis);
    return context;
  }

  put(vm, "createContext", create);
  put(vm, "runInNewContext", (code: string, given?: vm.Context, options?: vm.RunningCodeInNewContextOptions | string) =>
    runInContext(code, create(given), options as vm.RunningCodeOptions),
  );
  put(
    vm.Script.prototype,
    "runInNewContext",
    function run(this: vm.Script, given?: vm.Context, options?: vm.RunningScriptInNewContextOptions) {
      return callOn(runScript, this, create(given), options);
    },
  );
}
