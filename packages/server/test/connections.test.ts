/** The index of open connections: kept only where a policy asks for it, and whole from the moment it does. */
import { defaultPolicy, type Keyset, type Policy } from "@hereabouts/core";
import type {
  Channel,
  DeviceId,
  PublishKey,
  SubscribeCommand,
  SubscribeKey,
  UserId,
} from "@hereabouts/protocol";
import { expect, test } from "vitest";
import { Connections } from "../src/service/connections.ts";
import type { Subscriber } from "../src/service/subscriber.ts";

const needs: Partial<Policy> = { leaveOnDisconnect: true };

function keysetOf(name: string, policy: Partial<Policy>): Keyset {
  return {
    subscribeKey: name as SubscribeKey,
    publishKey: "pub" as PublishKey,
    policy: { ...defaultPolicy, ...policy },
  };
}

/** A node with keysets whose policies the test changes, and connections that it holds. */
function openNode(policies: Readonly<Record<string, Partial<Policy>>>) {
  const keysets = new Map(Object.entries(policies).map(([name, policy]) => [name, keysetOf(name, policy)]));
  const held = new Set<Subscriber>();
  let looks = 0;
  const directory = {
    get: (name: SubscribeKey) => keysets.get(name),
    all: () => [...keysets.values()],
    replace: async () => {},
    close: () => {},
  };
  const known: string[] = [];
  const listener = {
    follow: (name: SubscribeKey) => known.push(name),
    unfollow: (name: SubscribeKey) => known.splice(known.indexOf(name), 1),
  };
  const look = () => {
    looks += 1;
    return held;
  };
  const connections = new Connections(directory, look, listener);
  const keysetNamed = (name: string): Keyset => {
    const keyset = keysets.get(name);
    if (keyset === undefined) throw new Error(`no keyset ${name}`);
    return keyset;
  };
  return {
    connections,
    looks: () => looks,
    known,
    setPolicy: (name: string, policy: Partial<Policy>) => keysets.set(name, keysetOf(name, policy)),
    drop: (name: string) => keysets.delete(name),
    connect: (name: string, user: string | undefined, channels: string, device?: string): Subscriber => {
      const seats = channels.split(" ") as Channel[];
      const command = { user: user as UserId | undefined, device: device as DeviceId | undefined };
      const connection: Subscriber = {
        keyset: keysetNamed(name),
        command: command as SubscribeCommand,
        subscription: { seats } as unknown as Subscriber["subscription"],
        filter: undefined,
        states: undefined,
      };
      connections.add(connection);
      held.add(connection);
      return connection;
    },
    disconnect: (connection: Subscriber): void => {
      held.delete(connection);
      connections.remove(connection);
    },
    uncovered: (name: string, user: string, channels: string, device?: string): string => {
      const lease = { user: user as UserId, device: device as DeviceId | undefined };
      const names = channels.split(" ") as Channel[];
      return connections.uncovered(name as SubscribeKey, lease, names).join(" ");
    },
  };
}

test("a user's other connections cover their channels, until they close", () => {
  const node = openNode({ k: needs });
  const one = node.connect("k", "u", "a b");
  const other = node.connect("k", "u", "b c");
  node.connect("k", "v", "d");
  expect(node.uncovered("k", "u", "a b c d")).toBe("d");
  node.disconnect(one);
  expect(node.uncovered("k", "u", "a b c d")).toBe("a d");
  node.disconnect(one);
  node.disconnect(other);
  expect(node.uncovered("k", "u", "a b c d")).toBe("a b c d");
});

test("a connection covers its own lease only, and its own keyset", () => {
  const node = openNode({ k: needs, l: needs });
  node.connect("k", "u", "a", "phone");
  node.connect("l", "u", "a");
  node.connect("k", undefined, "a");
  expect(node.uncovered("k", "u", "a")).toBe("a");
  expect(node.uncovered("k", "u", "a", "laptop")).toBe("a");
  expect(node.uncovered("k", "u", "a", "phone")).toBe("");
});

test("a connection that is entered twice is there once", () => {
  const node = openNode({ k: needs });
  const one = node.connect("k", "u", "a");
  node.connections.add(one);
  node.disconnect(one);
  expect(node.uncovered("k", "u", "a")).toBe("a");
});

test.each([
  [{ leaveOnDisconnect: true }],
  [{ multiDevice: "refcount" }],
  [{ rules: [{ channels: "a", leaveOnDisconnect: true }] }],
] as [Partial<Policy>][])("connections of before the policy was %j are found", (policy) => {
  const node = openNode({ k: {}, l: {} });
  node.connect("k", "u", "a");
  node.connect("l", "u", "a");
  expect(node.looks()).toBe(0);
  node.setPolicy("k", policy);
  const later = node.connect("k", "u", "b");
  expect(node.uncovered("k", "u", "a b c")).toBe("c");
  node.disconnect(later);
  expect([node.uncovered("k", "u", "a b"), node.looks()]).toEqual(["b", 1]);
});

test("one look finds those of all keysets that have come to need it", () => {
  const node = openNode({ k: {}, l: {} });
  for (const name of ["k", "l"]) node.connect(name, "u", "a");
  for (const name of ["k", "l"]) node.setPolicy(name, needs);
  expect([node.uncovered("k", "u", "a"), node.uncovered("l", "u", "a"), node.looks()]).toEqual(["", "", 1]);
});

test("streams are known under every policy, and polls with them from then on", () => {
  const node = openNode({ k: {} });
  node.connect("k", "u", "a");
  const stream = node.connect("k", "u", "b");
  node.connections.addStream(stream);
  expect(node.uncovered("k", "u", "a b")).toBe("");
  node.disconnect(stream);
  expect([node.uncovered("k", "u", "a b"), node.looks()]).toEqual(["b", 1]);
});

test("a keyset that is gone is forgotten, and found anew when it is back", () => {
  const node = openNode({ k: needs, l: {} });
  const one = node.connect("k", "u", "a");
  node.drop("k");
  node.uncovered("l", "u", "a");
  expect(node.known).toEqual(["l"]);
  node.setPolicy("k", needs);
  expect(node.uncovered("k", "u", "a")).toBe("");
  expect(node.known).toEqual(["l", "k"]);
  node.disconnect(one);
  expect(node.uncovered("k", "u", "a")).toBe("a");
});
