/** What the bench and its load process say to each other, over the channel between them. */
import type { SocketOrder, SocketReports } from "./socket-messages.ts";

/** A list of requests, described: the load process makes the bytes. */
export type Plan =
  /** Each of `users` renews its seats in two of `channels`, one per request: `2 * users` requests in mixed order. */
  | { readonly kind: "heartbeats"; readonly users: number; readonly channels: number }
  /** Each of `users` from `first` on takes or renews seats in `perUser` of `channels`, all in one request. */
  | {
      readonly kind: "seats";
      readonly first: number;
      readonly users: number;
      readonly channels: number;
      readonly perUser: number;
    }
  /** Each of `users` from `first` on takes a seat in one channel, with a state if there is one. */
  | {
      readonly kind: "fill";
      readonly channel: string;
      readonly first: number;
      readonly users: number;
      readonly state: string | undefined;
    }
  /** Some requests, one after the other, over and over. */
  | { readonly kind: "cycle"; readonly targets: readonly string[] }
  /** One request, over and over. */
  | { readonly kind: "repeat"; readonly target: string }
  /** Users from `first` on: user `n` sits down in channel `n` modulo `channels` with a handshake. */
  | {
      readonly kind: "handshakes";
      readonly first: number;
      readonly users: number;
      readonly channels: number;
    }
  /** The same users wait for news of their channel and of its presence channel, from a cursor on. */
  | {
      readonly kind: "polls";
      readonly first: number;
      readonly users: number;
      readonly channels: number;
      readonly cursor: string;
    }
  /** One message to each channel. */
  | { readonly kind: "publishes"; readonly channels: number; readonly text: string };

/** Keeps a server busy from many connections and says what it cost. */
export interface SaturateOrder {
  readonly kind: "saturate";
  readonly port: number;
  /** The server's process, whose CPU time is read. */
  readonly pid: number;
  readonly plan: Plan;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Requests are due at this rate, however fast the server is, and their time counts from then. Default: at once. */
  readonly perSecond?: number;
  /** Requests sent in turn, beside the load, at a rate of their own. */
  readonly beside: { readonly targets: readonly string[]; readonly perSecond: number } | undefined;
}

/** What a saturated server did. */
export interface SaturateReport {
  readonly answers: number;
  readonly seconds: number;
  readonly serverCpuMs: number;
  /** Milliseconds that core 0 spent on anything but the server; meaningful when the server is pinned there. */
  readonly otherCpuMs: number;
  readonly latencyMs: { readonly median: number; readonly p99: number };
  /** Requests answered beside the load while it was measured. */
  readonly besideAnswers: number;
  /** Requests sent beside the load from its beginning to its end; all of them were answered. */
  readonly besideSent: number;
}

/** Sends every request of a plan once, in order, over a few connections. */
export interface EachOrder {
  readonly kind: "each";
  readonly port: number;
  readonly plan: Plan;
  readonly connections: number;
  /** How often the plan is sent. Default 1. */
  readonly times?: number;
  /** Further servers: connections are dealt out to all in turn. Default none. */
  readonly otherPorts?: readonly number[];
}

/** Holds polls in groups, lets a message be published to each group time and again, and waits for all answers. */
export interface AnswersOrder {
  readonly kind: "answers";
  readonly port: number;
  /** Observers of a group subscribe to the same channels: those of one user of a plan of seats. */
  readonly groups: number;
  readonly observersPerGroup: number;
  readonly channels: number;
  readonly perUser: number;
  /** Messages to each group. */
  readonly messages: number;
  /** Milliseconds between the last answer to a message and the next, in which polls are sent again. */
  readonly pauseMs: number;
}

/** Holds one poll for each channel on each of two servers, and times how long joins at either take to both. */
export interface DeliveryOrder {
  readonly kind: "delivery";
  readonly ports: readonly [number, number];
  readonly channels: number;
  readonly joins: number;
  /** The first of them are not in the report: the servers' code has yet to be compiled. */
  readonly warmUpJoins: number;
  readonly everyMs: number;
}

/** How long joins took from their request to observers, in milliseconds, one figure for each join. */
export interface DeliveryReport {
  readonly sameMs: readonly number[];
  readonly otherMs: readonly number[];
}

/**
 * Opens connections that the crowd's later orders use, one for each request of a plan; number `n` sends request `n` at
 * once and waits for its answer, for servers cut connections off that say nothing.
 */
export interface OpenOrder {
  readonly kind: "open";
  readonly port: number;
  readonly pid: number;
  readonly plan: Plan;
}

/** Sends one request on every connection and waits until the server rests with all of them held. */
export interface HoldOrder {
  readonly kind: "hold";
  readonly plan: Plan;
}

/** Makes the server answer every held request, and waits for all answers. */
export interface ReleaseOrder {
  readonly kind: "release";
  readonly plan: Plan;
  /** What each answer must contain; `CHANNEL` stands for the channel of the connection's user. */
  readonly expect: readonly string[];
  readonly channels: number;
  /** The user of the first connection. */
  readonly first: number;
}

/** Drops every connection and waits until the server rests. */
export interface AbortOrder {
  readonly kind: "abort";
}

/** Everything the load process can be told. */
export type LoadOrder =
  | SaturateOrder
  | EachOrder
  | AnswersOrder
  | DeliveryOrder
  | OpenOrder
  | HoldOrder
  | ReleaseOrder
  | AbortOrder
  | SocketOrder;

/** What an order of the crowd cost the server. */
export interface CrowdReport {
  /** Connections or answers the order was about. */
  readonly count: number;
  readonly serverCpuMs: number;
  readonly elapsedMs: number;
  /** From the first to the last answer; 0 when the order waits for none. */
  readonly spreadMs: number;
}

/** The reports that belong to the orders. */
export interface LoadReports extends SocketReports {
  readonly saturate: SaturateReport;
  readonly each: CrowdReport;
  readonly answers: CrowdReport;
  readonly delivery: DeliveryReport;
  readonly open: CrowdReport;
  readonly hold: CrowdReport;
  readonly release: CrowdReport;
  readonly abort: CrowdReport;
}

/** What the load process sends back. */
export type LoadReply =
  | { readonly ok: true; readonly report: LoadReports[LoadOrder["kind"]] }
  | { readonly ok: false; readonly reason: string };
