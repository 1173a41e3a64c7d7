/** Between the service and its engine: what is asked of it, and what clients are told when it fails. */
import {
  type ChannelView,
  defaultPolicy,
  type Engine,
  EngineError,
  type KeysetStore,
  type PresenceStore,
} from "@hereabouts/core";
import type { PublishKey, SubscribeKey } from "@hereabouts/protocol";
import { type CancelSignal, neverCancelled, type WireResponse } from "@hereabouts/protocol/wire";
import {
  type Composition,
  nextTurn,
  openComposition,
  TestClock,
  testTargets,
  type WorldOptions,
} from "@hereabouts/testkit";
import { afterEach, describe, expect, test } from "vitest";

let opened: Composition | undefined;

/** The signal of a client that has gone: whatever would be held is answered. */
const gone: CancelSignal = {
  onCancel: (waiter) => waiter.release(),
};

afterEach(async () => {
  await opened?.stop();
  opened = undefined;
});

interface Subject {
  readonly clock: TestClock;
  readonly node: Composition;
  get(target: string, signal?: CancelSignal): Promise<WireResponse>;
}

async function open(between: (engine: Engine) => Engine, world: WorldOptions = {}): Promise<Subject> {
  const clock = new TestClock();
  const node = await openComposition({ world, clock, data: ":memory:", between });
  opened = node;
  const get = async (target: string, signal = neverCancelled): Promise<WireResponse> =>
    node.handler({ method: "GET", target, header: () => undefined, body: undefined, signal });
  return { clock, node, get };
}

/** A port some of whose verbs are replaced; the others run on the port itself. */
function replaced<Port extends object>(port: Port, replace: (name: string, verb: Verb) => Verb): Port {
  return new Proxy(port, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name);
      if (typeof verb !== "function" || typeof name !== "string") return verb;
      return replace(name, (...given) => Reflect.apply(verb, target, given));
    },
  });
}

type Verb = (...given: readonly unknown[]) => unknown;

/** An engine whose ports ask `mayRun` before each verb. */
function guarded(engine: Engine, mayRun: () => void): Engine {
  return {
    presence: guard(engine.presence, mayRun),
    log: guard(engine.log, mayRun),
    groups: guard(engine.groups, mayRun),
    ticks: engine.ticks,
    keysets: engine.keysets,
    close: (now) => engine.close(now),
  };
}

function guard<Port extends object>(port: Port, mayRun: () => void): Port {
  return replaced(port, (name, verb) => {
    if (name === "watch") return verb;
    return async (...given) => {
      mayRun();
      return verb(...given);
    };
  });
}

describe("here now's cache", () => {
  const countListings = (presence: PresenceStore, count: () => void): PresenceStore =>
    replaced(presence, (name, verb) => {
      if (name !== "channel") return verb;
      return async (...given) => {
        const view = (await verb(...given)) as ChannelView;
        if (view.occupants !== undefined) count();
        return view;
      };
    });

  const openCounting = async (
    world: WorldOptions,
  ): Promise<Subject & { readonly listings: () => number }> => {
    let listings = 0;
    const subject = await open((engine) => {
      const presence = countListings(engine.presence, () => {
        listings += 1;
      });
      return { ...guarded(engine, () => {}), presence };
    }, world);
    return { ...subject, listings: () => listings };
  };

  test("[S-100] an unchanged channel is listed once for all who ask within the cache's time", async () => {
    const { clock, get, listings } = await openCounting({ hereNowCacheMs: 3_000 });
    await get(testTargets.presence("/channel/ch/heartbeat", { uuid: "u" }));

    for (let times = 0; times < 5; times += 1) {
      const reply = await get(testTargets.presence("/channel/ch", { uuid: `asker-${times}` }));
      expect(JSON.parse(reply.body)).toMatchObject({ occupancy: 1, uuids: ["u"] });
    }
    expect(listings()).toBe(1);
    await clock.advance(3_000);
    await get(testTargets.presence("/channel/ch"));
    expect(listings()).toBe(2);
  });

  test("[S-100] a changed channel is listed anew at once", async () => {
    const { get, listings } = await openCounting({ hereNowCacheMs: 3_000 });
    await get(testTargets.presence("/channel/ch"));
    await get(testTargets.presence("/channel/ch/heartbeat", { uuid: "u" }));

    const reply = await get(testTargets.presence("/channel/ch"));

    expect(JSON.parse(reply.body)).toMatchObject({ occupancy: 1, uuids: ["u"] });
    expect(listings()).toBe(2);
  });

  test("[S-100] a cache of 0 lists every time", async () => {
    const { get, listings } = await openCounting({ hereNowCacheMs: 0 });

    for (let times = 0; times < 3; times += 1) await get(testTargets.presence("/channel/ch"));

    expect(listings()).toBe(3);
  });
});

describe("watches", () => {
  test("whatever becomes of a poll, none is left on the engine", async () => {
    let watches = 0;
    const count = (name: string, verb: Verb): Verb => {
      if (name !== "watch") return verb;
      return (...given) => {
        // The log hands out a watch to stop, the groups a function to call.
        const begun = verb(...given) as (() => void) | { stop(): void };
        let isOver = false;
        watches += 1;
        const end = (): void => {
          if (!isOver) watches -= 1;
          isOver = true;
          if (typeof begun === "function") begun();
          else begun.stop();
        };
        return typeof begun === "function" ? end : { stop: end };
      };
    };
    const { clock, node, get } = await open((engine) => ({
      presence: engine.presence,
      log: replaced(engine.log, count),
      groups: replaced(engine.groups, count),
      ticks: engine.ticks,
      keysets: engine.keysets,
      close: (now) => engine.close(now),
    }));
    const target = testTargets.subscribe("a", { tt: "17672256000000000", uuid: "u", "channel-group": "g" });

    await get(target, gone);
    expect(watches).toBe(0);
    const expiring = get(target);
    await clock.advance(0);
    expect(watches).toBeGreaterThan(0);
    await clock.advance(280_000);
    await expiring;
    expect(watches).toBe(0);
    const woken = get(target);
    await clock.advance(0);
    await get(testTargets.publish("a", "/1"));
    await woken;
    // What was published is there for the next poll, which is not held at all.
    await get(target);
    expect(watches).toBe(0);
    const ahead = testTargets.subscribe("b", { tt: "27672256000000000", uuid: "u", "channel-group": "g" });
    const regrouped = get(ahead);
    await clock.advance(0);
    await get(testTargets.group("/g", { add: "c" }));
    await regrouped;
    expect(watches).toBe(0);
    const drained = get(ahead);
    await clock.advance(0);
    await node.drain();
    await drained;
    expect(watches).toBe(0);
  });
});

describe("a slow engine", () => {
  /** An engine on which `slow` passes a turn of the event loop first, and `meanwhile` happens in it. */
  const slowly = (engine: Engine, slow: string, meanwhile: () => Promise<unknown>): Engine => {
    let isFirst = true;
    const wait = (name: string, verb: Verb): Verb => {
      if (name !== slow) return verb;
      return async (...given) => {
        const result = await verb(...given);
        if (isFirst) {
          isFirst = false;
          await nextTurn();
          await meanwhile();
        }
        return result;
      };
    };
    return {
      presence: replaced(engine.presence, wait),
      log: replaced(engine.log, wait),
      groups: replaced(engine.groups, wait),
      ticks: engine.ticks,
      keysets: engine.keysets,
      close: (now) => engine.close(now),
    };
  };
  const cursor = "17672256000000000";

  test.each(["channels", "touch", "read"])(
    "a group that changes while a poll is in %s lets the poll go, as if it were held",
    async (verb) => {
      const subject: Subject = await open((engine) =>
        slowly(engine, verb, () => subject.get(testTargets.group("/g", { add: "late" }))),
      );
      const target = testTargets.subscribe("a", { tt: cursor, uuid: "u", "channel-group": "g" });

      const poll = subject.get(target);
      await subject.clock.advance(0);

      expect(subject.node.heldPolls()).toBe(0);
      expect(JSON.parse((await poll).body)).toMatchObject({ t: { t: cursor }, m: [] });
    },
  );

  test.each(["touch", "read"])("a message that comes while a poll is in %s is not missed", async (verb) => {
    const subject: Subject = await open((engine) =>
      slowly(engine, verb, () => subject.get(testTargets.publish("a", "/1"))),
    );

    const poll = subject.get(testTargets.subscribe("a", { tt: cursor, uuid: "u" }));
    await subject.clock.advance(0);

    expect(subject.node.heldPolls()).toBe(0);
    expect(JSON.parse((await poll).body)).toMatchObject({ m: [{ d: 1 }] });
  });

  test("a client that goes while its poll is in the engine leaves no poll behind", async () => {
    let goAway = (): void => {};
    const signal: CancelSignal = {
      onCancel: (waiter) => {
        goAway = () => waiter.release();
      },
    };
    const { clock, node, get } = await open((engine) => slowly(engine, "touch", async () => {}));
    const poll = get(testTargets.subscribe("a", { tt: cursor, uuid: "u" }), signal);
    await clock.advance(0);
    expect(node.heldPolls()).toBe(1);

    goAway();

    expect(node.heldPolls()).toBe(0);
    await poll;
  });

  test("a shutdown that comes while a poll is in the engine does not wait for its hold time", async () => {
    const subject: Subject = await open((engine) => slowly(engine, "read", async () => subject.node.drain()));

    const poll = subject.get(testTargets.subscribe("a", { tt: cursor, uuid: "u" }));
    await subject.clock.advance(0);

    expect(subject.node.heldPolls()).toBe(0);
    expect(JSON.parse((await poll).body)).toMatchObject({ t: { t: cursor }, m: [] });
  });
});

describe("a failing engine", () => {
  const targets = [
    testTargets.subscribe("ch", { tt: 0, uuid: "u" }),
    testTargets.subscribe([], { tt: 0, uuid: "u", "channel-group": "g" }),
    testTargets.subscribe("ch", { tt: "17672256000000000", uuid: "u" }),
    testTargets.presence("/channel/ch/heartbeat", { uuid: "u" }),
    testTargets.presence("/channel/ch/leave", { uuid: "u" }),
    testTargets.presence("/channel/ch"),
    testTargets.presence(""),
    testTargets.presence("/uuid/u"),
    testTargets.presence("/channel/ch/uuid/u"),
    testTargets.presence("/channel/ch/uuid/u/data", { state: "{}" }),
    testTargets.group(""),
    testTargets.group("/g"),
    testTargets.group("/g", { add: "ch" }),
    testTargets.group("/g/remove"),
    testTargets.publish("ch", "/1"),
    testTargets.signal("ch", "/1"),
  ];

  test.each(targets)("%s is answered with 503 and when to come back, then works again", async (target) => {
    let isDown = true;
    const { node, get } = await open((engine) =>
      guarded(engine, () => {
        if (isDown)
          throw new EngineError("unavailable", "The store cannot be reached.", { cause: undefined });
      }),
    );
    const reply = await get(target);
    isDown = false;
    const later = await get(target, gone);

    expect(reply.status).toBe(503);
    expect(JSON.parse(reply.body)).toMatchObject({ status: 503, message: "Service Unavailable" });
    expect(reply.headers["retry-after"]).toMatch(/^[1-9]\d*$/);
    expect(reply.headers["content-type"]).toMatch(/javascript|json/);
    expect(later.status).toBe(200);
    expect(node.complaints.join()).toContain("The store cannot be reached.");
    expect(node.heldPolls()).toBe(0);
  });

  test("a defect is answered with 500 in JSON, is logged with its cause, and harms nobody else", async () => {
    let isBroken = true;
    const { node, get } = await open((engine) =>
      guarded(engine, () => {
        if (isBroken) throw new TypeError("A defect.");
      }),
    );

    const reply = await get(testTargets.presence("/channel/ch/heartbeat", { uuid: "u" }));
    isBroken = false;

    expect(reply.status).toBe(500);
    expect(JSON.parse(reply.body)).toMatchObject({ status: 500, service: "Presence" });
    expect(reply.body).not.toContain("defect");
    expect(node.complaints.join()).toContain("A defect.");
    expect((await get("/time/0")).status).toBe(200);
  });

  test("a verb that throws at once, without a promise, is answered like one that rejects", async () => {
    const throwing = (engine: Engine): Engine => ({
      ...guarded(engine, () => {}),
      presence: replaced(engine.presence, (name, verb) => {
        if (name !== "touch") return verb;
        return () => {
          throw new TypeError("a defect");
        };
      }),
    });
    const { node, get } = await open(throwing);

    const reply = await get(testTargets.presence("/channel/a/heartbeat", { uuid: "u" }));

    expect([reply.status, JSON.parse(reply.body)]).toEqual([500, expect.objectContaining({ status: 500 })]);
    expect(node.complaints).toHaveLength(1);
  });

  /** An engine that can be taken away, and a poll that is held on it. */
  const openHeld = async () => {
    const state = { isDown: false };
    const subject = await open((engine) =>
      guarded(engine, () => {
        if (state.isDown) throw new EngineError("unavailable", "Gone.", { cause: undefined });
      }),
    );
    const handshake = await subject.get(testTargets.subscribe("ch", { tt: 0, uuid: "u" }));
    const { t } = (JSON.parse(handshake.body) as { readonly t: { readonly t: string } }).t;
    const poll = subject.get(testTargets.subscribe("ch", { tt: t, uuid: "u" }));
    await subject.clock.settle();
    return { ...subject, state, poll };
  };

  test("a held poll stays held while its engine is away, and is told afterwards what came meanwhile", async () => {
    const { clock, node, get, state, poll } = await openHeld();

    const published = get(testTargets.publish("ch", "/1"));
    state.isDown = true;
    await clock.advance(10_000);
    expect([(await published).status, node.heldPolls()]).toEqual([200, 1]);
    state.isDown = false;
    await clock.advance(1_000);

    expect(JSON.parse((await poll).body)).toMatchObject({ m: [{ d: 1 }] });
    expect(node.heldPolls()).toBe(0);
  });

  test("a held poll whose time is up while its engine is away is answered like every other", async () => {
    const { clock, node, state, poll } = await openHeld();

    state.isDown = true;
    await clock.advance(280_000);

    const { status, body } = await poll;
    expect([status, JSON.parse(body).m, node.heldPolls()]).toEqual([200, [], 0]);
  });

  test("a held poll whose engine has lost what it stored is answered with 503", async () => {
    let isCorrupt = false;
    const { clock, node, get } = await open((engine) =>
      guarded(engine, () => {
        if (isCorrupt) throw new EngineError("corrupt", "Unreadable.", { cause: undefined });
      }),
    );
    const poll = get(testTargets.subscribe("ch", { tt: "17672256000000000", uuid: "u" }));
    await clock.settle();
    const published = get(testTargets.publish("ch", "/1"));
    isCorrupt = true;
    await clock.settle();

    expect([(await published).status, (await poll).status, node.heldPolls()]).toEqual([200, 503, 0]);
  });

  test("keysets that changed while they could not be read are in force a second after they can", async () => {
    let isDown = false;
    let store: KeysetStore | undefined;
    const { clock, node, get } = await open((engine) => {
      store = engine.keysets;
      const keysets = replaced(engine.keysets, (name, verb) => {
        if (name !== "list") return verb;
        return async () => {
          if (isDown) throw new EngineError("unavailable", "Away.", { cause: undefined });
          return verb();
        };
      });
      return { ...guarded(engine, () => {}), keysets };
    });
    const statusOf = async (): Promise<number> =>
      (await get("/v2/presence/sub-key/sub-new/channel/a")).status;

    isDown = true;
    await store?.replace([
      {
        subscribeKey: "sub-new" as SubscribeKey,
        publishKey: "pub-new" as PublishKey,
        policy: defaultPolicy,
      },
    ]);
    await clock.advance(5_000);
    const whileAway = await statusOf();
    isDown = false;
    await clock.advance(1_000);

    expect([whileAway, await statusOf()]).toEqual([400, 200]);
    expect(node.complaints).toEqual([expect.stringContaining("The keysets could not be read again.")]);
  });

  test("a failure that lasts is logged again and again, but not each time", async () => {
    const { clock, node, get } = await open((engine) =>
      guarded(engine, () => {
        throw new EngineError("timeout", "Too slow.", { cause: undefined });
      }),
    );
    for (let count = 0; count < 20; count += 1) await get(testTargets.presence("/channel/ch"));
    await clock.advance(25_000);
    await get(testTargets.presence("/channel/ch"));

    const answers = node.complaints.filter((line) => line.startsWith("The engine could not answer."));
    const sweeps = node.complaints.filter((line) => line.startsWith("A sweep failed"));
    expect([answers.length, sweeps.length]).toEqual([2, 3]);
    expect(answers[1]).toContain("leftOut=19");
  });

  test("a sweep that fails is tried again, and no timeout is lost", async () => {
    let isDown = false;
    const { clock, get } = await open((engine) =>
      guarded(engine, () => {
        if (isDown) throw new EngineError("timeout", "Too slow.", { cause: undefined });
      }),
    );
    const handshake = await get(testTargets.subscribe("ch-pnpres", { tt: 0 }));
    const { t } = (JSON.parse(handshake.body) as { readonly t: { readonly t: string } }).t;
    await get(testTargets.presence("/channel/ch/heartbeat", { uuid: "u", heartbeat: 2 }));

    isDown = true;
    await clock.advance(3_000);
    isDown = false;
    await clock.advance(500);

    const reply = await get(testTargets.subscribe("ch-pnpres", { tt: t }));
    const { m } = JSON.parse(reply.body) as {
      readonly m: readonly { readonly d: { readonly action: string } }[];
    };
    expect(m.map((item) => item.d.action)).toEqual(["join", "timeout"]);
  });
});
