import { defaultPolicy, type Keyset } from "@hereabouts/core";
import type { PublishKey, SubscribeKey } from "@hereabouts/protocol";
import { describe, expect, it } from "vitest";
import { isLoopback, openDemoProblem } from "../../src/config/open-demo.ts";

function keyset(subscribeKey: string, publishKey: string): Keyset {
  return {
    subscribeKey: subscribeKey as SubscribeKey,
    publishKey: publishKey as PublishKey,
    policy: defaultPolicy,
  };
}

describe("the open keyset", () => {
  it.each([
    "127.0.0.1",
    "127.255.0.3",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "localhost",
    "LOCALHOST",
  ])("%s can be reached from this machine only", (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(openDemoProblem(host, [keyset("demo", "demo")])).toBeUndefined();
  });

  it.each([
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "128.0.0.1",
    "fe80::1",
    "::ffff:10.0.0.1",
    "localhost.example",
    "127.example",
  ])("%s can be reached from elsewhere, so the open keyset is refused there", (host) => {
    expect(openDemoProblem(host, [keyset("a", "b"), keyset("demo", "demo")])).toBe(
      `refusing to listen on ${host} with the demo/demo keyset, whose keys everybody knows; set keysets of your own (--keyset my-subscribe-key:my-publish-key, HEREABOUTS_KEYSETS, or "keysets" in a --config file) or listen on 127.0.0.1`,
    );
    expect(openDemoProblem(host, [keyset("demo", "d-7f3a"), keyset("a", "demo")])).toBeUndefined();
  });
});
