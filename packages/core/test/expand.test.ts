import { type CarriedState, emptyState, type State, type Targets } from "@hereabouts/protocol";
import { expect, test } from "vitest";
import { expandStates, expandSubscription, expandTargets, type Members } from "../src/expand.ts";
import { channel, channels, group, state } from "./support/build.ts";

const members: Members = new Map([
  [group("g"), channels("a", "b")],
  [group("h"), channels("b", "c")],
]);

/** Names with `g:` are groups. */
function targets(...names: string[]): Targets {
  return {
    channels: names.filter((name) => !name.startsWith("g:")).map(channel),
    groups: names.filter((name) => name.startsWith("g:")).map((name) => group(name.slice(2))),
  };
}

const subscribe = (...names: string[]) => expandSubscription(targets(...names), members);

/** `b` of an item on a channel: `none` for an item that does not belong, `absent` for one without `b`. */
function match(names: string[], item: string): string {
  const found = subscribe(...names).match(channel(item));
  return found === undefined ? "none" : (found.b ?? "absent");
}

test("[S-006] seats are taken in channels, wildcards and members, never in presence channels", () => {
  expect(subscribe("a-pnpres").seats).toEqual([]);
  expect(subscribe("a", "a-pnpres").seats).toEqual(["a"]);
  expect(subscribe("x.*", "x.*-pnpres").seats).toEqual(["x.*"]);
  expect(subscribe("g:g-pnpres").seats).toEqual([]);
  expect(subscribe("c", "g:g", "g:h", "g:g-pnpres").seats).toEqual(["c", "a", "b"]);
  expect(subscribe("g:unknown").seats).toEqual([]);
});

test("what is read are the names themselves, members and members' presence channels", () => {
  expect(subscribe("a", "a-pnpres").topics).toEqual(["a", "a-pnpres"]);
  expect(subscribe("g:g").topics).toEqual(["a", "b"]);
  expect(subscribe("g:g-pnpres").topics).toEqual(["a-pnpres", "b-pnpres"]);
  expect(subscribe("b", "g:g", "g:h", "g:h-pnpres").topics).toEqual(["b", "a", "c", "b-pnpres", "c-pnpres"]);
});

test("a wildcard also reads the presence of what it matches", () => {
  expect(subscribe("x.*").topics).toEqual(["x.*", "x.*-pnpres"]);
  expect(subscribe("x.*-pnpres").topics).toEqual(["x.*-pnpres"]);
  expect(subscribe("x.*", "x.*-pnpres", "g:g").topics).toEqual(["x.*", "x.*-pnpres", "a", "b"]);
});

test("a sole channel's items need no match, of several each names its own", () => {
  expect(match(["a"], "a")).toBe("absent");
  expect(match(["a", "b"], "a")).toBe("a");
  expect(match(["a", "g:h"], "a")).toBe("a");
  expect(match(["a", "a-pnpres"], "a")).toBe("a");
  expect(match(["a"], "b")).toBe("none");
  expect(match(["a"], "a-pnpres")).toBe("none");
});

test("presence names what it came by, also a sole presence channel's", () => {
  expect(match(["a", "a-pnpres"], "a-pnpres")).toBe("a-pnpres");
  expect(match(["a-pnpres"], "a-pnpres")).toBe("a-pnpres");
  expect(match(["a-pnpres"], "a")).toBe("none");
});

test("[S-032] a group's items name the group, its presence the group's presence", () => {
  expect(match(["g:g"], "a")).toBe("g");
  expect(match(["g:g"], "c")).toBe("none");
  expect(match(["g:g"], "a-pnpres")).toBe("none");
  expect(match(["g:g", "g:g-pnpres"], "a-pnpres")).toBe("g-pnpres");
  expect(match(["g:g-pnpres"], "a")).toBe("none");
});

test("a wildcard's items name the wildcard, presence included", () => {
  expect(match(["x.*"], "x.y")).toBe("x.*");
  expect(match(["x.*"], "x.y.z")).toBe("x.*");
  expect(match(["x.y.*"], "x.y.z")).toBe("x.y.*");
  expect(match(["x.y.*"], "x.z")).toBe("none");
  expect(match(["x.*"], "x")).toBe("none");
  expect(match(["x.*"], "x.y-pnpres")).toBe("x.*");
  expect(match(["x.*"], "x.*-pnpres")).toBe("x.*");
  expect(match(["x.*-pnpres"], "x.y-pnpres")).toBe("x.*-pnpres");
  expect(match(["x.*-pnpres"], "x.*-pnpres")).toBe("x.*-pnpres");
  expect(match(["x.*-pnpres"], "x.y")).toBe("none");
});

test("[S-042] presence that both forms of a wildcard match names the one that asked for it", () => {
  expect(match(["x.*", "x.*-pnpres"], "x.y-pnpres")).toBe("x.*-pnpres");
  expect(match(["x.*-pnpres", "x.*"], "x.*-pnpres")).toBe("x.*-pnpres");
  expect(match(["x.*", "x.*-pnpres"], "x.y")).toBe("x.*");
});

test("of several ways, the direct one goes before the group's, and that before the wildcard's", () => {
  const dotted: Members = new Map([[group("g"), channels("x.y", "x.z")]]);
  const subscription = expandSubscription(targets("x.*", "x.y", "g:g", "g:g-pnpres"), dotted);
  const found = ["x.y", "x.z", "x.w", "x.z-pnpres", "x.w-pnpres"].map(
    (name) => subscription.match(channel(name))?.b,
  );
  expect(found).toEqual(["x.y", "g", "x.*", "g-pnpres", "x.*"]);
});

test("of two wildcards the nearer goes first, of two groups the one named first", () => {
  expect(match(["x.*", "x.y.*"], "x.y.z")).toBe("x.y.*");
  expect(match(["g:h", "g:g"], "b")).toBe("h");
  expect(match(["g:g", "g:h"], "b")).toBe("g");
});

test("long lists and large groups match like short ones", () => {
  const many = channels(...Array.from({ length: 500 }, (_, index) => `c${index}`));
  const direct = expandSubscription({ channels: many, groups: [] }, new Map());
  expect(direct.match(channel("c499"))).toEqual({ b: "c499" });
  expect(direct.match(channel("c500"))).toBeUndefined();
  const large: Members = new Map([[group("g"), many]]);
  const grouped = expandSubscription(targets("g:g", "g:g-pnpres"), large);
  expect(grouped.topics).toHaveLength(1_000);
  expect(grouped.match(channel("c7"))).toEqual({ b: "g" });
  expect(grouped.match(channel("c7-pnpres"))).toEqual({ b: "g-pnpres" });
  expect(grouped.match(channel("c500-pnpres"))).toBeUndefined();
});

test("a subscription to channels alone shares the request's list instead of copying it", () => {
  const request = targets("a");
  const { seats, topics } = expandSubscription(request, members);
  expect(seats).toBe(request.channels);
  expect(topics).toBe(request.channels);
  const withPresence = targets("a", "a-pnpres");
  expect(expandSubscription(withPresence, members).topics).toBe(withPresence.channels);
  expect(expandSubscription(targets("g:g"), members).topics).toBe(members.get(group("g")));
});

test("a heartbeat's or leave's channels are those named and those of the groups, presence names passed over", () => {
  expect(expandTargets(targets("a", "c-pnpres", "x.*", "g:g", "g:h-pnpres"), members)).toEqual([
    "a",
    "x.*",
    "b",
  ]);
  expect(expandTargets(targets("g:unknown"), members)).toEqual([]);
});

const carried = (...states: [string, State][]): CarriedState => ({
  kind: "by-name",
  states: new Map(states),
});

test("[S-027] state under a group's name is every member's", () => {
  const states = expandStates(carried(["g", state({ k: 1 })]), targets("c", "g:g"), members);
  expect([...states]).toEqual([
    ["a", '{"k":1}'],
    ["b", '{"k":1}'],
  ]);
});

test("a channel's own state goes before its group's", () => {
  const both = carried(["g", state({ k: 1 })], ["a", emptyState]);
  expect([...expandStates(both, targets("a", "g:g"), members)]).toEqual([
    ["a", "{}"],
    ["b", '{"k":1}'],
  ]);
});

test("state for what the request does not name, and for presence names, is passed over", () => {
  const stray = carried(["z", state({ k: 1 })], ["h", state({ k: 1 })], ["a-pnpres", state({ k: 1 })]);
  expect([...expandStates(stray, targets("a", "a-pnpres", "g:g"), members)]).toEqual([]);
});

test("[S-028] one state for all is that of every channel and member", () => {
  const states = expandStates(
    { kind: "every-channel", state: state({ k: 1 }) },
    targets("c", "c-pnpres", "g:g"),
    members,
  );
  expect([...states.keys()]).toEqual(["c", "a", "b"]);
});
