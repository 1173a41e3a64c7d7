/** Carries requests from clients to nodes, each to another: loses, delays, doubles and reorders them. */
import type { CancelSignal, Waiter, WireResponse } from "@hereabouts/protocol/wire";
import type { SeededRandom, TestClock } from "@hereabouts/testkit";
import { askedOf } from "./asked.ts";
import type { RequestRecord, Served } from "./history.ts";
import type { NodeHost } from "./node-host.ts";
import type { Plan } from "./plan.ts";
import type { Recorder } from "./recorder.ts";

/** A request as it goes out. */
export interface Outgoing {
  readonly client: string;
  readonly method: string;
  readonly target: string;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
}

/** A reply as it comes in. */
export interface Incoming {
  readonly status: number;
  readonly body: string;
  readonly retryAfterSeconds?: number;
}

/** What the network is made of. */
export interface NetworkParts {
  readonly plan: Plan;
  readonly clock: TestClock;
  readonly random: SeededRandom;
  readonly recorder: Recorder;
  readonly hosts: () => readonly NodeHost[];
  readonly trace: (line: string) => void;
}

interface Fate {
  readonly copies: number;
  readonly lost: "no" | "told" | "silent";
  readonly replyLost: "no" | "told" | "silent";
}

/** What a copy of a request leads to. */
interface Consequences {
  readonly answer: (response: WireResponse) => void;
  readonly breakDown: (why: string) => void;
}

const delayMsMax = 900;
const silentPollMs = 12_000;
const goodFate: Fate = { copies: 1, lost: "no", replyLost: "no" };

/** The network of a world. */
export class Network {
  /** Whether it does its worst. */
  isFoul = true;
  readonly #parts: NetworkParts;
  #openPolls = 0;

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  /** Subscribe requests that clients wait for. */
  get openPolls(): number {
    return this.#openPolls;
  }

  /** Sends a request to some node. Rejects when there is no reply. */
  send(out: Outgoing): Promise<Incoming> {
    const { clock, recorder, trace } = this.#parts;
    const asked = askedOf(out.target);
    const record: RequestRecord = {
      ...asked,
      ...recorder.moment(),
      client: out.client,
      settledAt: undefined,
    };
    recorder.request(record);
    const isPoll = asked.kind === "poll" || asked.kind === "handshake";
    if (isPoll) this.#openPolls += 1;
    return new Promise((resolve, reject) => {
      const cancels: (() => void)[] = [];
      const settle = (run: () => void): void => {
        if (record.settledAt !== undefined) return;
        record.settledAt = clock.now();
        if (isPoll) this.#openPolls -= 1;
        run();
        // The other end learns that nobody waits any more a little later.
        for (const cancel of cancels) this.#later(cancel);
      };
      const breakDown = (why: string): void => settle(() => reject(new TypeError(why)));
      out.signal.addEventListener("abort", () => settle(() => reject(out.signal.reason)), { once: true });
      if (out.signal.aborted) return settle(() => reject(out.signal.reason));
      const fate = this.#fate();
      /** Nobody is told, but for a proxy's patience with polls, which clients wait for much longer than for the rest. */
      const fallSilent = (): void => {
        if (isPoll) clock.at(clock.now() + silentPollMs, () => breakDown("The proxy lost its patience."));
      };
      const lose = (how: "told" | "silent"): void => {
        if (how === "silent") fallSilent();
        else this.#later(() => breakDown("The connection broke."));
      };
      if (fate.lost !== "no") return lose(fate.lost);
      const answer = (response: WireResponse): void => {
        trace(`  ${out.client} ${asked.kind} ${asked.channels.join(",")} -> ${response.status}`);
        if (fate.replyLost !== "no") lose(fate.replyLost);
        else this.#later(() => settle(() => resolve(incoming(response))));
      };
      for (let copy = 0; copy < fate.copies; copy += 1) {
        this.#later(() => {
          // What a client gave up before it arrived, its own end never sends; a copy on its way arrives all the same.
          if (copy === 0 && record.settledAt !== undefined) return;
          const served = { ...record, sentAt: record.at, ...recorder.moment() };
          const onBreak = copy === 0 ? breakDown : nothing;
          const cancel = this.#deliver(out, served, { answer, breakDown: onBreak });
          cancels.push(cancel);
          if (record.settledAt !== undefined) this.#later(cancel);
        });
      }
    });
  }

  #deliver(
    out: Outgoing,
    about: Omit<Served, "node" | "lagMs" | "answeredAt" | "status" | "resetAt" | "closedAt">,
    { answer, breakDown }: Consequences,
  ): () => void {
    const { random, hosts, recorder, clock } = this.#parts;
    const listed = hosts().filter(({ isListed }) => isListed);
    if (listed.length === 0) {
      breakDown("No node is there.");
      return nothing;
    }
    const host = random.pick(listed);
    const served: Served = {
      ...about,
      node: host.name,
      lagMs: host.lagMs,
      answeredAt: undefined,
      status: undefined,
      resetAt: undefined,
      closedAt: undefined,
    };
    recorder.served(served);
    const signal = createSignal();
    const request = {
      method: out.method,
      target: out.target,
      header: () => undefined,
      body: out.body,
      signal: signal.signal,
    };
    const noteLag = (): void => {
      served.lagMs = Math.max(served.lagMs, host.lagMs);
    };
    host.serve(request, {
      onTaken: noteLag,
      onAnswer: (response) => {
        served.answeredAt = clock.now();
        served.status = response.status;
        noteLag();
        answer(response);
      },
      onReset: () => {
        served.resetAt = clock.now();
        breakDown("The connection was reset.");
      },
    });
    return () =>
      host.enter(() => {
        served.closedAt ??= clock.now();
        signal.cancel();
      });
  }

  #fate(): Fate {
    const { plan, random } = this.#parts;
    if (!this.isFoul) return goodFate;
    const { faults } = plan;
    const losses = [
      ...(faults.has("drops") ? (["told", "told"] as const) : []),
      ...(faults.has("silence") ? (["silent"] as const) : []),
    ];
    const copies = faults.has("doubles") && random.below(12) === 0 ? 2 : 1;
    if (losses.length === 0 || random.below(14) > 0) return { ...goodFate, copies };
    const loss = random.pick(losses);
    return random.below(2) === 0
      ? { ...goodFate, copies, lost: loss }
      : { ...goodFate, copies, replyLost: loss };
  }

  #later(run: () => void): void {
    const { plan, random, clock } = this.#parts;
    const isSlow = this.isFoul && plan.faults.has("delays");
    const max = isSlow && random.below(4) === 0 ? delayMsMax : 12;
    const ms = random.below(2) === 0 ? random.below(max) : 0;
    if (ms === 0) queueMicrotask(run);
    else clock.at(clock.now() + ms, run);
  }
}

function nothing(): void {}

function incoming({ status, body, headers }: WireResponse): Incoming {
  const retryAfter = headers["Retry-After"];
  return { status, body, ...(retryAfter !== undefined && { retryAfterSeconds: Number(retryAfter) }) };
}

function createSignal(): { readonly signal: CancelSignal; cancel(): void } {
  let isCancelled = false;
  const waiters = new Set<Waiter>();
  return {
    signal: {
      onCancel: (waiter) => {
        if (isCancelled) waiter.release();
        else waiters.add(waiter);
      },
    },
    cancel: () => {
      isCancelled = true;
      for (const waiter of [...waiters]) waiter.release();
      waiters.clear();
    },
  };
}
