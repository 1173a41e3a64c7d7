/** A whole cluster with its users and those who watch, set up for one scenario. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { announceMaxMax, defaultPolicy } from "@hereabouts/core";
import type { Runtime } from "@hereabouts/testkit";
import {
  type Crowd,
  type Fleet,
  type LoadBalancer,
  openFleet,
  openLoadBalancer,
  startCrowd,
  startWatcher,
  type Transport,
  type Watcher,
} from "@hereabouts/testkit/cluster";
import { type Agreement, watchAgreement } from "./agreement.ts";
import { type RosterWatch, watchRosters } from "./rosters.ts";
import { openStore, type Store, type Topology } from "./store.ts";
import { Truth } from "./truth.ts";
import { until } from "./until.ts";

/** How large a stage is. */
export interface Size {
  readonly users: number;
  readonly channels: number;
  readonly nodes: number;
  /** Watchers of all channels; two more watch one channel each. */
  readonly watchers: number;
  /** Clients of the SDK, each with a roster of every channel. */
  readonly rosters: number;
  readonly timeoutSeconds: number;
  /** For how long seats outlast a node that dies with their streams open. */
  readonly streamTimeoutSeconds: number;
  readonly messagesPerSecond: number;
}

/** The full size. */
export const fullSize: Size = {
  users: 2_000,
  channels: 40,
  nodes: 3,
  watchers: 6,
  rosters: 2,
  timeoutSeconds: 20,
  streamTimeoutSeconds: 10,
  messagesPerSecond: 2,
};

/** The size that fits into `npm test`. */
export const reducedSize: Size = {
  ...fullSize,
  users: 200,
  channels: 12,
  watchers: 3,
  rosters: 1,
  timeoutSeconds: 6,
  streamTimeoutSeconds: 6,
  messagesPerSecond: 4,
};

/** What to set up. */
export interface StageOptions {
  readonly runtime: Runtime;
  readonly topology: Topology;
  readonly size: Size;
  /** What users and watchers hold. */
  readonly transport: Transport;
  /** Whether everybody's poll or stream is to be on the first node when it begins. */
  readonly crowding: "first node" | "all nodes";
  readonly say: (line: string) => void;
}

/** A cluster at work. */
export interface Stage extends AsyncDisposable {
  readonly options: StageOptions;
  readonly store: Store;
  readonly balancer: LoadBalancer;
  readonly fleet: Fleet;
  readonly crowd: Crowd;
  readonly truth: Truth;
  readonly watchers: readonly Watcher[];
  readonly rosters: readonly RosterWatch[];
  readonly agreement: Agreement;
  /** Resolves when every seated user has its poll out or its stream ready; gives the milliseconds that took. */
  everybodyIsHeld(withinMs: number): Promise<number>;
  /** Lets one user in fifty come, as many leave, and as many fall silent. Resolves when those who come are seated. */
  churn(): Promise<void>;
}

/** Its keys. */
export const keys = { subscribe: "sub-cluster", publish: "pub-cluster" } as const;

const seed = 4;

/** Sets everything up, one after the other, and waits until all agree. Leaves nothing behind when it fails. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { size, runtime, transport, say } = options;
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await openStore(options.topology, size.nodes));
  const balancer = stack.use(await openLoadBalancer({ seed }));
  const folder = await mkdtemp(join(tmpdir(), "hereabouts-stage-"));
  stack.defer(() => rm(folder, { recursive: true }));
  const config = join(folder, "stage.json");
  // Everything is told, so that everything can be judged.
  const keyset = { subscribeKey: keys.subscribe, publishKey: keys.publish, announceMax: announceMaxMax };
  await writeFile(config, JSON.stringify({ keysets: [keyset] }));
  const args = (node: number): readonly string[] => [
    ...["--config", config, "--log-level", "warn"],
    ...["--stream-timeout-seconds", String(size.streamTimeoutSeconds)],
    ...store.args(node),
  ];
  const fleet = stack.use(await openFleet({ runtime, nodes: size.nodes, args, balancer }));
  await until("The readiness of all nodes", 15_000, () =>
    balancer.ready().length === size.nodes ? true : undefined,
  );
  say(`${size.nodes} nodes on ${runtime} are ready`);
  const channels = Array.from({ length: size.channels }, (_, number) => `room-${number}`);
  const watchers = await openWatchers(options, balancer.port, channels);
  for (const watcher of watchers) stack.use(watcher);
  const rosters: RosterWatch[] = [];
  for (let number = 0; number < size.rosters; number += 1) {
    rosters.push(
      stack.use(
        await watchRosters({ name: `rosters ${number}`, port: balancer.port, keys, channels, transport }),
      ),
    );
  }
  const truth = new Truth(timeoutOf(options), defaultPolicy.disconnectGraceSeconds);
  if (options.crowding === "first node") balancer.prefer(fleet.port(0));
  const crowd = stack.use(await openCrowd(options, balancer.port, channels, truth));
  const everybodyIsHeld = async (withinMs: number): Promise<number> =>
    (await held(crowd, truth, withinMs)).tookMs;
  await everybodyIsHeld(30_000);
  balancer.prefer(undefined);
  say(`${size.users} users are seated, their ${transport}s are held`);
  const agreement = stack.use(watchAgreement({ fleet, rosters, truth, channels, keys }));
  await until("Agreement before the fault", 15_000, () => agreement.since());
  say("all nodes and rosters agree");
  const kept = stack.move();
  return {
    ...{ options, store, balancer, fleet, crowd, truth, watchers, rosters, agreement, everybodyIsHeld },
    churn: () => churn(crowd, Math.ceil(size.users / 50)),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function openWatchers(
  { transport, size }: StageOptions,
  port: number,
  channels: readonly string[],
): Promise<readonly Watcher[]> {
  const [first = "", second = ""] = channels;
  const watched = [...Array.from({ length: size.watchers }, () => channels), [first], [second]];
  return await Promise.all(
    watched.map((names, number) =>
      startWatcher({
        ...{ name: `watcher ${number}`, port, keys, channels: names },
        ...{ transport, seed: seed + number },
      }),
    ),
  );
}

function openCrowd(
  options: StageOptions,
  port: number,
  channels: readonly string[],
  truth: Truth,
): Promise<Crowd> {
  const { users, messagesPerSecond } = options.size;
  const { transport } = options;
  const timeoutSeconds = timeoutOf(options);
  return startCrowd(
    {
      ...{ port, users, channels, transport, timeoutSeconds, messagesPerSecond, seed },
      subscribeKey: keys.subscribe,
      publishKey: keys.publish,
    },
    (step) => truth.learn(step),
  );
}

/** For how long a user's seat outlasts its last sign of life, in seconds. */
export function timeoutOf({ size, transport }: Pick<StageOptions, "size" | "transport">): number {
  return transport === "stream" ? size.streamTimeoutSeconds : size.timeoutSeconds;
}

/** Waits until every seated user polls, or has a stream. A user that is just being answered polls again at once. */
function held(
  crowd: Crowd,
  truth: Truth,
  withinMs: number,
): Promise<{ readonly value: true; readonly tookMs: number }> {
  return until("A poll or a stream of everybody", withinMs, async () => {
    const { held } = await crowd.order({ kind: "report" });
    const seated = truth.lives().filter(({ last }) => last.stage === "seated").length;
    return held >= seated ? true : undefined;
  });
}

async function churn(crowd: Crowd, count: number): Promise<void> {
  const going = [crowd.order({ kind: "leave", count }), crowd.order({ kind: "die", count })];
  await Promise.all([...going, crowd.order({ kind: "come", count })]);
}
