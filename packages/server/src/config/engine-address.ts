/** What may stand for the engine: the embedded one, or where Redis or Valkey is. Addresses may hold a password. */

/** The engine of one process, in it. */
export const embeddedEngine = "embedded";

/** Whether this is where a Redis or Valkey is, that many nodes share. */
export function isClusterEngine(engine: string): boolean {
  return engine !== embeddedEngine;
}

const hostPattern = /^(?:[a-z\d_.-]{1,253}|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i;

/** Hosts that an address may list. */
const hostsMax = 100;

interface Form {
  readonly hosts: "one" | "list";
  /** What follows the hosts: nothing, a database's number where there is one, the name of a master. */
  readonly path: RegExp;
}

const forms: ReadonlyMap<string, Form> = new Map([
  ["redis", { hosts: "one", path: /^(\/\d{0,4})?$/ }],
  ["rediss", { hosts: "one", path: /^(\/\d{0,4})?$/ }],
  ["redis+cluster", { hosts: "list", path: /^\/?$/ }],
  ["rediss+cluster", { hosts: "list", path: /^\/?$/ }],
  ["redis+sentinel", { hosts: "list", path: /^\/[\w.-]{1,100}$/ }],
] as const);

/** Whether a text may stand for the engine. */
export function isEngine(text: string): boolean {
  if (text === embeddedEngine) return true;
  const [, scheme = "", rest = ""] = /^([a-z+]+):\/\/(\S+)$/.exec(text) ?? [];
  const form = forms.get(scheme);
  if (form === undefined || text.length > 4_096) return false;
  const authority = rest.slice(rest.lastIndexOf("@") + 1);
  const slash = authority.indexOf("/");
  const hosts = (slash < 0 ? authority : authority.slice(0, slash)).split(",");
  const isPath = form.path.test(slash < 0 ? "" : authority.slice(slash));
  const isListed = hosts.length === 1 || (form.hosts === "list" && hosts.length <= hostsMax);
  return isPath && isListed && hosts.every(isHost) && isUserInfo(rest.slice(0, rest.lastIndexOf("@") + 1));
}

/** A text that may stand for the engine as it may be shown: without its password. */
export function withoutPassword(text: string): string {
  const end = text.lastIndexOf("@");
  const begin = text.indexOf("//") + 2;
  if (end < 0 || begin < 2) return text;
  const userInfo = text.slice(begin, end);
  const colon = userInfo.indexOf(":");
  return `${text.slice(0, begin)}${colon < 0 ? "" : `${userInfo.slice(0, colon)}:`}***${text.slice(end)}`;
}

function isHost(text: string): boolean {
  const found = hostPattern.exec(text);
  return found !== null && (found[1] === undefined || (Number(found[1]) > 0 && Number(found[1]) <= 65_535));
}

/** `user:password@`, percent-encoded where it has signs of its own; or nothing. */
function isUserInfo(text: string): boolean {
  if (!/^(?:[^@/:]*(?::[^@/:]*)?@)?$/.test(text)) return false;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
