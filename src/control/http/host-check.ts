// Who may ask: requests to a foreign name (DNS rebinding) or from a foreign page (cross-site posts) are refused. Names are compared
// without ports. Allowed: loopback, `localhost` and what is under it, the names that containers have for their host, the name that we
// listen on, and what the configuration adds.

const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"]);

/** Under `internal`, which nobody can register: no foreign page can be served from one of these names. */
const HOST_OF_CONTAINERS = new Set([
  "host.docker.internal",
  "gateway.docker.internal",
  "host.containers.internal",
  "host.lima.internal",
  "host.minikube.internal",
  "host.rancher-desktop.internal",
]);

export type HostCheck = (request: {
  /** `Host`, or `:authority`. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}) => string | null;

/** Answers why a request is refused, or null. */
export function createHostCheck(options: {
  readonly allowedHosts: readonly string[];
  /** Null: not yet. Beyond loopback clients reach the server by the machine's addresses too. */
  readonly listensOn: () => string | null;
}): HostCheck {
  const isAllowed = (name: string): boolean => {
    const own = options.listensOn()?.toLowerCase() ?? "localhost";
    return (
      isLoopback(name) ||
      HOST_OF_CONTAINERS.has(name) ||
      name === own ||
      (!isLoopback(own) && isAddress(name)) ||
      options.allowedHosts.some((allowed) => matches(name, allowed.toLowerCase()))
    );
  };

  return ({ host, origin, fetchSite }) => {
    if (host === undefined || host === "") return "the request names no host";
    const name = hostName(host);
    if (name === null || !isAllowed(name)) {
      return `the host '${host}' is not one that this server answers to; \`allowedHosts\` of the configuration lets more in`;
    }
    if (origin !== undefined) {
      const from = originName(origin);
      if (from === null || !isAllowed(from)) return `pages of '${origin}' may not call this server`;
    }
    return fetchSite === "cross-site" ? "pages of another site may not call this server" : null;
  };
}

const isLoopback = (name: string): boolean =>
  LOOPBACK.has(name) || name.endsWith(".localhost") || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);

const isAddress = (name: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || name.includes(":");

const matches = (name: string, allowed: string): boolean =>
  allowed.startsWith("*.") ? name.endsWith(allowed.slice(1)) : name === allowed;

function hostName(host: string): string | null {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([a-zA-Z0-9_.-]+))(?::\d{1,5})?$/.exec(host);
  return (found?.[1] ?? found?.[2])?.toLowerCase() ?? null;
}

function originName(origin: string): string | null {
  const found = /^https?:\/\/(.+)$/.exec(origin);
  return found?.[1] === undefined ? null : hostName(found[1]);
}
