/** A node with the machine it runs on: it starts, stops, is killed, freezes, and is cut from the engine. */

import type { WireRequest, WireResponse } from "@hereabouts/protocol/wire";
import { defaultSettings, type HereaboutsNode, openNode } from "@hereabouts/server";
import { createSeededRandom, type SeededRandom, type TestClock } from "@hereabouts/testkit";
import type { EngineWeather, Weather } from "./engine-weather.ts";
import { keysetOf } from "./names.ts";
import { NodeClock } from "./node-clock.ts";
import type { Plan } from "./plan.ts";
import type { Recorder } from "./recorder.ts";
import { createRemoteEngine, type RemoteEngine } from "./remote-engine.ts";
import type { Line, SharedEngine } from "./shared-engine.ts";

/** What nodes share. */
export interface Ground {
  readonly plan: Plan;
  readonly clock: TestClock;
  readonly shared: SharedEngine;
  readonly weather: EngineWeather;
  readonly recorder: Recorder;
}

/** A request's way to a node: what comes of it. */
export interface Connection {
  /** The node looks at it now: with its clock as it is at this moment. */
  onTaken(): void;
  onAnswer(response: WireResponse): void;
  /** The node is not there, or went away. */
  onReset(): void;
}

/** Balancers take nodes from their list when they have not answered for so long, in milliseconds. */
const unlistedAfterMs = 1_500;
/** Over how long a node that stops sends its clients away, at most, in milliseconds. */
const drainMsMax = 2_000;
/** How long a node waits before it tries to start again, in milliseconds. */
const restartMs = 300;

/** One life of a node: a new one has a new name. */
export class NodeHost {
  readonly name: string;
  /** Whether it is not reached by the engine, nor the engine by it. */
  isCut = false;
  readonly clock: NodeClock;
  readonly #ground: Ground;
  readonly #random: SeededRandom;
  readonly #connections = new Set<() => void>();
  #state: "starting" | "running" | "stopping" | "gone" = "starting";
  /** When it began to stop, or went. */
  #endedAt = Number.POSITIVE_INFINITY;
  #frozenAt: number | undefined;
  #backlog: (() => void)[] = [];
  #node: HereaboutsNode | undefined;
  #remote: RemoteEngine | undefined;
  #line: Line | undefined;
  #indoors: Weather | undefined;
  #lagMs = 0;

  constructor(
    name: string,
    ground: Ground,
    { offsetMs, seed }: { readonly offsetMs: number; readonly seed: number },
  ) {
    this.name = name;
    this.#ground = ground;
    this.#random = createSeededRandom(seed);
    this.clock = new NodeClock(ground.clock, offsetMs, (run) => this.enter(run));
  }

  get isRunning(): boolean {
    return this.#state === "running" && this.#frozenAt === undefined;
  }

  get isFrozen(): boolean {
    return this.#frozenAt !== undefined && this.#state !== "gone";
  }

  get isGone(): boolean {
    return this.#state === "gone";
  }

  get isStopping(): boolean {
    return this.#state === "stopping";
  }

  /** Whether its clock is as right as clocks are, it runs, and it reaches the engine. */
  get isAble(): boolean {
    return this.isRunning && this.isReachable() && this.#lagMs === 0;
  }

  /** Whether balancers send requests here. */
  get isListed(): boolean {
    const now = this.#ground.clock.now();
    if (this.#state === "gone" || this.#state === "stopping") return now - this.#endedAt < unlistedAfterMs;
    if (this.#state === "starting") return false;
    return this.#frozenAt === undefined || now - this.#frozenAt < unlistedAfterMs;
  }

  /** How far its clock is behind what it should be, in milliseconds. */
  get lagMs(): number {
    return this.#lagMs;
  }

  heldPolls(): number {
    return this.#state === "gone" ? 0 : (this.#node?.heldPolls() ?? 0);
  }

  watches(): number {
    return this.#state === "gone" ? 0 : (this.#remote?.watches() ?? 0);
  }

  isReachable(): boolean {
    return !this.isCut && !this.#ground.weather.isAway;
  }

  /** Runs something on it: now, when it goes on, or never. */
  enter(run: () => void): void {
    if (this.#state === "gone") return;
    if (this.#frozenAt === undefined) run();
    else this.#backlog.push(run);
  }

  /** Starts it. Where it cannot, because the engine is away, whoever looks after it starts it again. */
  start(): void {
    const { shared, recorder, clock, weather, plan } = this.#ground;
    const open = async (): Promise<void> => {
      const between = {
        node: this.name,
        deadlineMs: plan.engineDeadlineMs,
        isReachable: () => this.isReachable(),
        enter: (run: () => void) => this.enter(run),
      };
      const onDone = (): void => void recorder.pump();
      const { engine, line } = await shared.connect({ ...between, scheduler: this.clock, weather, onDone });
      if (line !== undefined) this.#indoors = weather.indoors();
      const remote = createRemoteEngine({
        engine,
        clock,
        recorder,
        ...between,
        weather: this.#indoors ?? weather,
        ...(line !== undefined && { isReachable: () => true }),
      });
      this.#remote = remote;
      this.#line = line;
      if (this.#state === "gone") line?.drop();
      const node = await openNode({
        settings: { ...defaultSettings, keysets: [keysetOf(plan)], pollHoldSeconds: plan.holdMs / 1_000 },
        engine: remote.engine,
        scheduler: this.clock,
        random: this.#random,
        log: {
          error: (message, fields) => recorder.complaint(`${this.name}: ${message} ${describe(fields)}`),
          warn: () => {},
          info: () => {},
          debug: () => {},
        },
      });
      this.enter(() => {
        if (this.#state !== "starting") return;
        this.#node = node;
        this.#state = "running";
      });
    };
    open().catch(() => {
      if (this.#state === "starting") clock.at(clock.now() + restartMs, () => this.enter(() => this.start()));
    });
  }

  /** Hands it a request. */
  serve(request: WireRequest, { onTaken, onAnswer, onReset }: Connection): void {
    const node = this.#node;
    if (this.#state === "gone" || node === undefined) {
      onReset();
      return;
    }
    const reset = (): void => {
      if (this.#connections.delete(reset)) onReset();
    };
    const answer = (response: WireResponse): void => {
      if (this.#connections.delete(reset)) onAnswer(response);
    };
    this.#connections.add(reset);
    this.enter(() => {
      onTaken();
      void Promise.resolve(node.handler(request)).then((response) => this.enter(() => answer(response)));
    });
  }

  /** Ends it at once. */
  kill(): void {
    this.#vanish();
  }

  /** Ends it as an operator does. */
  async stop(): Promise<void> {
    if (this.#state !== "running" || this.#node === undefined) return this.#vanish();
    this.#state = "stopping";
    this.#endedAt = this.#ground.clock.now();
    await this.#node.drain(this.#random.below(drainMsMax));
    await this.#node.stop();
    this.#vanish();
  }

  /** Nothing happens on it until `resume`. */
  freeze(): void {
    this.#frozenAt ??= this.#ground.clock.now();
  }

  /** Goes on. When the whole machine was suspended, its clock is behind until `heal`. */
  resume(lagsBehind: "clock lags" | "clock is right"): void {
    if (this.#frozenAt === undefined) return;
    const now = this.#ground.clock.now();
    this.#ground.recorder.frozen(this.name, { from: this.#frozenAt, to: now });
    if (lagsBehind === "clock lags") this.#setLag(now - this.#frozenAt);
    this.#frozenAt = undefined;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const run of backlog) this.enter(run);
  }

  /** Its clock follows the engine's again. */
  heal(): void {
    this.#setLag(0);
  }

  /** The engine is within reach again. */
  onBack(): void {
    if (this.#line === undefined) this.#remote?.onBack();
    else if (this.#state !== "gone") this.#line.mendNews();
  }

  /** Nothing new is told to it until `onBack`. */
  muteNews(): void {
    this.#line?.muteNews();
  }

  #setLag(lagMs: number): void {
    this.clock.offsetMs += this.#lagMs - lagMs;
    this.#lagMs = lagMs;
  }

  #vanish(): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    const now = this.#ground.clock.now();
    this.#endedAt = Math.min(this.#endedAt, now);
    if (this.#frozenAt !== undefined)
      this.#ground.recorder.frozen(this.name, { from: this.#frozenAt, to: now });
    this.#backlog = [];
    for (const reset of [...this.#connections]) reset();
    this.#line?.drop();
    // Its calls to the engine are nobody's any more.
    if (this.#indoors !== undefined) this.#indoors.calls = 0;
  }
}

function describe(fields: Readonly<Record<string, unknown>> | undefined): string {
  return Object.values(fields ?? {})
    .map((value) => (value instanceof Error ? (value.stack ?? value.message) : String(value)))
    .join(" ");
}
