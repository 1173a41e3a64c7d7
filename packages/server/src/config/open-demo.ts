/** Keeps the open demonstration keyset on this machine. */
import { BlockList, isIP } from "node:net";
import type { Keyset } from "@hereabouts/core";

/** The subscribe and the publish key of the keyset that is in force when nobody set one. Everybody knows them. */
export const demoKey = "demo";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether only this machine can reach what listens there: 127.0.0.0/8, ::1 or `localhost`. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host.toLowerCase() === "localhost";
  return loopback.check(host, version === 6 ? "ipv6" : "ipv4");
}

/**
 * Why this host may not be listened on with these keysets in force, or `undefined` when it may. A node with the
 * `demo`/`demo` keyset lets everybody in, so it only listens on the loopback interface.
 */
export function openDemoProblem(host: string, keysets: readonly Keyset[]): string | undefined {
  if (isLoopback(host)) return undefined;
  const open = keysets.some((keyset) => keyset.subscribeKey === demoKey && keyset.publishKey === demoKey);
  if (!open) return undefined;
  return (
    `refusing to listen on ${host} with the demo/demo keyset, whose keys everybody knows; ` +
    "set keysets of your own (--keyset my-subscribe-key:my-publish-key, HEREABOUTS_KEYSETS, " +
    'or "keysets" in a --config file) or listen on 127.0.0.1'
  );
}
