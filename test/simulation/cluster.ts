/** The nodes of a world, and what is done to them. */
import type { SeededRandom } from "@hereabouts/testkit";
import { type Ground, NodeHost } from "./node-host.ts";
import type { FaultName } from "./plan.ts";

/** Something that can be done to the cluster at this moment. */
interface Deed {
  readonly fault: FaultName;
  /** Does it and says what, or `undefined` when it cannot be done now. */
  run(): string | undefined;
}

/** How long balancers and supervisors take to put a new node in the place of one that is gone, in milliseconds. */
const replaceMsMax = 3_000;
const cutMsMax = 5_000;
const outageMsMax = 4_000;
const freezeMsMax = 6_000;
const healMsMax = 4_000;
const muteMsMax = 3_000;

/** All nodes of a world. */
export class Cluster {
  readonly #ground: Ground;
  readonly #random: SeededRandom;
  readonly #trace: (line: string) => void;
  readonly #deeds: readonly Deed[];
  #hosts: NodeHost[] = [];
  #started = 0;
  #unableSince: number | undefined;

  constructor(ground: Ground, random: SeededRandom, trace: (line: string) => void) {
    this.#ground = ground;
    this.#random = random;
    this.#trace = trace;
    this.#deeds = this.#all().filter(({ fault }) => ground.plan.faults.has(fault));
    for (let count = 0; count < ground.plan.nodes; count += 1) this.#start();
  }

  /** Nodes that balancers know, and a few that they have not forgotten yet. */
  get hosts(): readonly NodeHost[] {
    return this.#hosts;
  }

  /** The nodes that are there and do something. */
  get running(): readonly NodeHost[] {
    return this.#hosts.filter(({ isRunning }) => isRunning);
  }

  /** Does something to it, where there is something that can be done. */
  act(): string | undefined {
    if (this.#deeds.length === 0) return undefined;
    return this.#random.pick(this.#deeds).run();
  }

  /** Watches whether any node reaches the engine; called at every step and whenever that may change. */
  observe(): void {
    const { clock, recorder } = this.#ground;
    const isAble = this.#hosts.some((host) => host.isAble);
    if (!isAble) this.#unableSince ??= clock.now();
    else if (this.#unableSince !== undefined) {
      recorder.unable({ from: this.#unableSince, to: clock.now() });
      this.#unableSince = undefined;
    }
  }

  /** From now on nothing is done to it any more, and what was done is over. */
  calm(): void {
    const { weather } = this.#ground;
    weather.isFoul = false;
    weather.isAway = false;
    for (const host of this.#hosts) {
      host.isCut = false;
      if (host.isFrozen) host.resume("clock is right");
      host.heal();
    }
    for (const host of this.#hosts) host.onBack();
    this.#fill();
    this.observe();
  }

  /** Faults may be again. */
  rouse(): void {
    this.#ground.weather.isFoul = true;
  }

  /** Stops all nodes as an operator does. */
  async stop(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.stop()));
  }

  #all(): readonly Deed[] {
    const later = (ms: number, run: () => void): void => {
      const { clock } = this.#ground;
      clock.at(clock.now() + 1 + this.#random.below(ms), () => {
        run();
        this.observe();
      });
    };
    const one = (): NodeHost | undefined => {
      const { running } = this;
      return running.length === 0 ? undefined : this.#random.pick(running);
    };
    return [
      {
        fault: "kills",
        run: () => {
          const host = one();
          host?.kill();
          if (host !== undefined) later(replaceMsMax, () => this.#fill());
          return host && `kills ${host.name}`;
        },
      },
      {
        fault: "stops",
        run: () => {
          const host = one();
          if (host === undefined) return undefined;
          // A rolling deploy: the new one is there before the old one goes, or not.
          if (this.#random.below(2) === 0) this.#start();
          void host.stop();
          later(replaceMsMax, () => this.#fill());
          return `stops ${host.name}`;
        },
      },
      {
        fault: "freezes",
        run: () => {
          const host = one();
          host?.freeze();
          later(freezeMsMax, () => host?.resume("clock is right"));
          return host && `freezes ${host.name}`;
        },
      },
      {
        fault: "suspends",
        run: () => {
          const host = one();
          host?.freeze();
          later(freezeMsMax, () => {
            host?.resume("clock lags");
            later(healMsMax, () => host?.heal());
          });
          return host && `suspends ${host.name}`;
        },
      },
      {
        fault: "cuts",
        run: () => {
          const host = one();
          if (host === undefined || host.isCut) return undefined;
          host.isCut = true;
          later(cutMsMax, () => {
            host.isCut = false;
            host.onBack();
          });
          return `cuts ${host.name} from the engine`;
        },
      },
      {
        fault: "news",
        run: () => {
          const host = one();
          if (host === undefined) return undefined;
          host.muteNews();
          later(muteMsMax, () => host.onBack());
          return `${host.name}'s connection for news stalls and breaks`;
        },
      },
      {
        fault: "engine-outages",
        run: () => {
          const { weather } = this.#ground;
          if (weather.isAway || this.#random.below(3) > 0) return undefined;
          weather.isAway = true;
          later(outageMsMax, () => {
            weather.isAway = false;
            for (const host of this.#hosts) host.onBack();
          });
          return "the engine goes away";
        },
      },
      {
        fault: "jumps",
        run: () => {
          const host = one();
          if (host === undefined || this.#ground.plan.skewMs === 0) return undefined;
          host.clock.offsetMs = this.#offset() - host.lagMs;
          return `${host.name}'s clock jumps to ${host.clock.offsetMs}`;
        },
      },
    ];
  }

  /** Starts as many nodes as there should be. */
  #fill(): void {
    const { clock } = this.#ground;
    const there = this.#hosts.filter(({ isGone, isStopping }) => !isGone && !isStopping);
    for (let count = there.length; count < this.#ground.plan.nodes; count += 1) this.#start();
    this.#hosts = this.#hosts.filter((host) => !host.isGone || host.isListed);
    this.#trace(`  at ${clock.now()} nodes are ${this.#hosts.map(({ name }) => name).join(" ")}`);
  }

  #start(): void {
    this.#started += 1;
    const host = new NodeHost(`n${this.#started}`, this.#ground, {
      offsetMs: this.#offset(),
      seed: this.#random.uint32(),
    });
    this.#hosts.push(host);
    host.start();
  }

  #offset(): number {
    const { skewMs } = this.#ground.plan;
    return skewMs === 0 ? 0 : this.#random.below(2 * skewMs + 1) - skewMs;
  }
}
