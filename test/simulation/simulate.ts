/** One seed from its beginning to its end: builds the world, lets it live, and gives its history to the checkers. */
import { createSeededRandom, type SeededRandom, TestClock } from "@hereabouts/testkit";
import { Beater } from "./beater.ts";
import { checkers } from "./checkers/index.ts";
import { Cluster } from "./cluster.ts";
import { EngineWeather } from "./engine-weather.ts";
import type { History, Problem } from "./history.ts";
import { group, keyset, keysetOf } from "./names.ts";
import { Network } from "./network.ts";
import { type Plan, planOf, termsOf } from "./plan.ts";
import { Poller } from "./poller.ts";
import { lookAround } from "./quiet.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { SdkActor, type Stage } from "./sdk-actor.ts";
import { type OpenSharedEngine, openSharedEmbedded, type SharedEngine } from "./shared-engine.ts";

/** How to run a seed. */
export interface SimulationOptions {
  readonly openEngine?: OpenSharedEngine;
  /** Told line by line what happens. Default: nobody is. */
  readonly trace?: (line: string) => void;
  /** What this plan has otherwise than drawn. */
  readonly adjust?: (plan: Plan) => Plan;
}

/** What a seed came to. */
export interface Outcome {
  readonly plan: Plan;
  readonly history: History;
  /** The earliest first. */
  readonly problems: readonly Problem[];
}

/** How long a moment of quiet may take to come about, and the step in which it is waited for, in milliseconds. */
const settleMsMax = 60_000;
const settleStepMs = 2_000;
/** After this long without faults a quiet moment may come: longer than any presence timeout. */
const settleMsMin = 10_000;
/** How late a summary may come while nothing is wrong, in milliseconds: another node may have begun it. */
const tickLateMs = 2_500;
/** With silence: longer than clients wait for an answer. */
const silentSettleMsMin = 20_000;

/** Runs a seed. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<Outcome> {
  const { openEngine = openSharedEmbedded, adjust = (plan: Plan) => plan } = options;
  const plan = adjust(planOf(seed));
  const random = createSeededRandom(seed ^ 0x5eed);
  let shared: SharedEngine | undefined;
  const clock = new TestClock(undefined, { turnsMin: 1, isBusy: () => shared?.isBusy() ?? false });
  const world = await openWorld({ plan, random, clock, open: openEngine, trace: options.trace ?? ignore });
  shared = world.shared;
  await world.live();
  const history = world.recorder.history(termsOf(plan, shared.sweepLateMs));
  await shared.close(clock.now());
  const problems = checkers.flatMap((check) => check(history)).toSorted((a, b) => a.step - b.step);
  return { plan, history, problems };
}

interface Ingredients {
  readonly plan: Plan;
  readonly random: SeededRandom;
  readonly clock: TestClock;
  readonly open: OpenSharedEngine;
  readonly trace: (line: string) => void;
}

interface World {
  readonly shared: SharedEngine;
  readonly recorder: Recorder;
  live(): Promise<void>;
}

async function openWorld({ plan, random, clock, open, trace }: Ingredients): Promise<World> {
  const fork = (): SeededRandom => createSeededRandom(random.uint32());
  const said: string[] = [];
  const shared = await open({ clock, random: fork(), warn: (line) => said.push(line) });
  const { truth } = shared;
  await truth.keysets.replace([keysetOf(plan)]);
  const members = group.members as readonly string[] as Parameters<typeof truth.groups.change>[2]["add"];
  const groupName = group.name as string as Parameters<typeof truth.groups.change>[1];
  await truth.groups.change(keyset.subscribeKey, groupName, { add: members, remove: [] }, members.length);

  const recorder = createRecorder(shared, () => clock.now(), trace);
  const weather = new EngineWeather(plan, fork());
  const cluster = new Cluster({ plan, clock, shared, weather, recorder }, fork(), trace);
  const network: Network = new Network({
    plan,
    clock,
    random: fork(),
    recorder,
    hosts: () => cluster.hosts,
    trace,
  });
  const stage: Stage = { clock, network, recorder };
  const users = Math.ceil(plan.sdkClients * 0.8);
  const sdk = Array.from({ length: plan.sdkClients }, (_, index) => {
    const user = `u${index % users}`;
    return new SdkActor(stage, { name: `sdk${index}`, user, setsStates: index < users, random: fork() });
  });
  const pollers = Array.from({ length: plan.pollers }, (_, index) => {
    const user = index % 3 === 0 ? `p${index}` : undefined;
    return new Poller(stage, { name: `poll${index}`, user, random: fork(), holdMs: plan.holdMs });
  });
  const beaters = Array.from({ length: plan.beaters }, (_, index) => {
    return new Beater(stage, { name: `beat${index}`, user: `b${index}`, random: fork() });
  });
  const actors = [...sdk, ...sdk, ...beaters, ...pollers];
  const gauge = (isClosed: boolean): void =>
    recorder.gauge({
      heldPolls: sum(cluster.hosts.map((host) => host.heldPolls())),
      openPolls: network.openPolls,
      watches: sum(cluster.hosts.map((host) => host.watches())),
      timers: clock.timers,
      engineCalls: weather.calls,
      isClosed,
    });

  const summedUpAfterMs = plan.summing === undefined ? 0 : plan.summing.intervalSeconds * 1_000 + tickLateMs;
  const scene = { cluster, stage, truth, quietMs: shared.quietMs, summedUpAfterMs };

  const step = async (): Promise<void> => {
    recorder.step += 1;
    const actor = random.pick(actors);
    const deed = random.below(4) === 0 ? cluster.act() : `${actor.name} ${actor.act()}`;
    cluster.observe();
    trace(`step=${recorder.step} at ${clock.now()}: ${deed ?? "nothing"}`);
    await clock.advance(random.below(400));
    gauge(false);
  };

  /** Ends all faults and waits until everybody has come to rest, and has been told of so many entries. */
  const comeToRest = async (): Promise<number> => {
    recorder.step += 1;
    trace(`step=${recorder.step} at ${clock.now()}: all faults end`);
    cluster.calm();
    network.isFoul = false;
    for (const actor of sdk) actor.comeBack();
    const minMs = plan.faults.has("silence") ? silentSettleMsMin : settleMsMin;
    const isSettled = (): boolean =>
      sdk.every((actor) => actor.isSettled) && pollers.every((poller) => poller.isSettled);
    for (let ms = 0; ms < minMs || (ms < settleMsMax && !isSettled()); ms += settleStepMs) {
      await clock.advance(settleStepMs);
      cluster.observe();
    }
    gauge(false);
    return lookAround({ ...scene, sdk });
  };

  return {
    shared,
    recorder,
    live: async () => {
      await clock.advance(50);
      for (const actor of sdk) actor.start();
      for (const actor of [...pollers, ...beaters]) void actor.run();
      let told = 0;
      for (let round = 0; round < plan.rounds; round += 1) {
        cluster.rouse();
        network.isFoul = true;
        const until = clock.now() + plan.roundMs;
        while (clock.now() < until) await step();
        told = await comeToRest();
      }
      recorder.step += 1;
      trace(`step=${recorder.step} at ${clock.now()}: everybody goes`);
      for (const actor of [...pollers, ...beaters]) actor.stop();
      const last = recorder.entries()[told - 1]?.timetoken ?? "0";
      const closed = Promise.all(sdk.map((actor) => actor.close(last)));
      await clock.advance(settleMsMin);
      await closed;
      await recorder.pump();
      gauge(true);
      await lookAround({ ...scene, sdk: [] });
      const stopped = cluster.stop();
      await clock.advance(plan.engineDeadlineMs * 4);
      await stopped;
      for (const line of said) recorder.complaint(`engine: ${line}`);
    },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function ignore(): void {}
