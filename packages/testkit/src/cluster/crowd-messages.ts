/** What a test and its crowd, which lives in a process of its own, say to each other. */

/** How clients are told of what happens: by polls that are held, or by a stream that is held. */
export type Transport = "poll" | "stream";

/** How a crowd is made. */
export interface CrowdPlan {
  /** The balancer's port; every request goes there. */
  readonly port: number;
  readonly subscribeKey: string;
  readonly publishKey: string;
  readonly users: number;
  /** Channels; user `n` sits in channel `n` modulo their number. */
  readonly channels: readonly string[];
  readonly transport: Transport;
  /**
   * The users' presence timeout, with streams the nodes'. Users heartbeat every half of it less one second, when they have
   * no stream.
   */
  readonly timeoutSeconds: number;
  readonly seed: number;
  /** Messages published per second, to one channel after the other. */
  readonly messagesPerSecond: number;
}

/** What a crowd can be told. Each order is answered once it is carried out; `come` once everybody is seated. */
export type CrowdOrder =
  | { readonly kind: "start"; readonly plan: CrowdPlan }
  /** So many new users come. */
  | { readonly kind: "come"; readonly count: number }
  /** So many users leave, and say so. */
  | { readonly kind: "leave"; readonly count: number }
  /** So many users fall silent from one moment to the next. */
  | { readonly kind: "die"; readonly count: number }
  /** So many users will not come back when their stream ends or their poll fails: they die with their node. */
  | { readonly kind: "desert"; readonly count: number }
  | { readonly kind: "report" }
  /** No more messages are published. */
  | { readonly kind: "hush" }
  | { readonly kind: "stop" };

/** How far a user's life has come. */
export type Stage =
  /** Its handshake is on its way. */
  | "coming"
  /** It was told that it is seated. */
  | "seated"
  /** Its leave is on its way. */
  | "leaving"
  /** It was told that it has left. */
  | "left"
  /** It is silent, and will be timed out. */
  | "dead";

/** A step in a user's life; times are milliseconds since 1970. */
export interface LifeStep {
  readonly user: string;
  readonly channel: string;
  readonly stage: Stage;
  readonly at: number;
  /** Of the last request that was answered well: the deadline lies at least a timeout after it was sent. */
  readonly renewedAt: number;
  /** Of the last request that may have renewed the seat, whatever became of it. */
  readonly sentAt: number;
  /** Whether a request was still unanswered that may renew the seat later on. */
  readonly isUncertain: boolean;
  /** When its stream was closed from its end: its seat is left a grace later, where the node is there to notice. */
  readonly closedAt: number | undefined;
}

/** What a crowd has been through. */
export interface CrowdReport {
  /** Seated users whose poll is out or whose stream is ready. */
  readonly held: number;
  /** Polls sent, or streams asked for. */
  readonly polls: number;
  readonly heartbeats: number;
  /** Requests and streams that were not answered well or broke, by what came instead. */
  readonly failures: Readonly<Record<string, number>>;
  /** Messages whose publisher was told that they are published. */
  readonly published: number;
  /** Deliveries that those who were there throughout should have had: messages times subscribers. */
  readonly owed: number;
  readonly delivered: number;
  /** Deliveries that never came, and deliveries of what had come before. */
  readonly lost: number;
  readonly doubled: number;
  /** Channels in which something was lost. */
  readonly lossy: readonly string[];
}

/** An order with the number that its answer bears: orders may overlap. */
export interface NumberedOrder {
  readonly number: number;
  readonly order: CrowdOrder;
}

/** What a crowd sends of its own accord, and its answers. */
export type CrowdWord =
  | { readonly kind: "life"; readonly steps: readonly LifeStep[] }
  | { readonly kind: "done"; readonly number: number; readonly report: CrowdReport }
  | { readonly kind: "failed"; readonly number: number; readonly reason: string };
