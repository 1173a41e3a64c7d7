/** What the bench and its load process say to each other about sockets and those who hold them. */
import type { DialectName } from "./dialects.ts";

/** Over what members and observers are told things. */
export type Transport = "socket" | "poll";

/** Makes changes in one channel and waits until every observer has been told of every one. */
export interface FanOutOrder {
  readonly kind: "fan-out";
  readonly port: number;
  readonly pid: number;
  readonly dialect: DialectName;
  /** Who comes and goes says so over HTTP, or over a socket of its own. */
  readonly comings: "http" | "socket";
  readonly watch: Transport;
  readonly channel: string;
  readonly observers: number;
  /** Users that come and go, each when all have been told of its last change: so many changes are under way. */
  readonly comers: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** For how long changes then come at half the rate, to see how long they take. */
  readonly latencyMs: number;
}

/** What delivering cost. */
export interface FanOutReport {
  readonly deliveries: number;
  readonly seconds: number;
  readonly serverCpuMs: number;
  readonly otherCpuMs: number;
  /** Bytes of frames per delivery, the frames' own heads left out. */
  readonly bytesPerChange: number;
  /** From the request to the last observer. */
  readonly latencyMs: { readonly median: number; readonly p99: number };
  readonly latencyChanges: number;
}

/** Opens a socket, or a connection with a held poll, for each of many members and leaves them open. */
export interface MembersOrder {
  readonly kind: "members";
  readonly port: number;
  readonly pid: number;
  readonly dialect: DialectName;
  readonly transport: Transport;
  readonly first: number;
  readonly members: number;
  readonly channels: number;
  /** Whether members are told who comes; a bare server tells nobody anything. */
  readonly isTold: boolean;
}

/** What it was to let them in. */
export interface MembersReport {
  readonly members: number;
  readonly openedMs: number;
  readonly told: number;
  readonly serverCpuMs: number;
}

/** Leaves the members alone for a while. */
export interface RestOrder {
  readonly kind: "rest";
  readonly ms: number;
}

/** What members that do nothing cost. */
export interface RestReport {
  readonly serverCpuMs: number;
  readonly seconds: number;
}

/** Cuts all members off at once, and has them come back evenly over some time. */
export interface ReturnOrder {
  readonly kind: "return";
  readonly withinMs: number;
  /** Whether a message is published to each channel afterwards, which every member must be told of once. */
  readonly provesService: boolean;
}

/** How the return went. */
export interface ReturnReport {
  /** From the cut until the last was served again. */
  readonly servedMs: number;
  /** Joins and leaves that members were told of, though nobody came or went for good. */
  readonly toldFalsely: number;
  readonly serverCpuMs: number;
}

/** Fills channels with seats that all end within the same second, and watches their ends being told. */
export interface ExpireOrder {
  readonly kind: "expire";
  readonly port: number;
  readonly pid: number;
  readonly transport: Transport;
  /** Each has one observer. */
  readonly channels: number;
  readonly seatsPerChannel: number;
  /** In how many milliseconds the second begins: until then all seats must have been taken. */
  readonly withinMs: number;
}

/** How the ends were told. */
export interface ExpireReport {
  /** From a seat's deadline until its observer was told. */
  readonly lateMs: { readonly median: number; readonly p99: number; readonly most: number };
  /** The second in which all seats ended, and when the last observer was told, in milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  /** From the beginning of the second until everybody was told. */
  readonly serverCpuMs: number;
}

/** Fills a channel, lets users come and go, and has observers keep their rosters by its summaries. */
export interface IntervalOrder {
  readonly kind: "interval";
  readonly port: number;
  readonly pid: number;
  readonly transport: Transport;
  readonly users: number;
  readonly observers: number;
  /** Users that come and go, an even number; half of them are away at any time. */
  readonly wanderers: number;
  readonly changesPerSecond: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** What the summaries cost. */
export interface IntervalReport {
  /** Frames or answers, for one observer. */
  readonly framesPerSecond: number;
  readonly serverCpuMs: number;
  readonly seconds: number;
  /** From a summary's time until an observer was told, over all observers. */
  readonly lateMs: { readonly median: number; readonly p99: number };
  readonly changes: number;
  readonly summaries: number;
}

/** Drops the members. */
export interface DropOrder {
  readonly kind: "drop";
}

/** Orders about sockets. */
export type SocketOrder =
  | FanOutOrder
  | MembersOrder
  | RestOrder
  | ReturnOrder
  | ExpireOrder
  | IntervalOrder
  | DropOrder;

/** The reports that belong to them. */
export interface SocketReports {
  readonly "fan-out": FanOutReport;
  readonly members: MembersReport;
  readonly rest: RestReport;
  readonly return: ReturnReport;
  readonly expire: ExpireReport;
  readonly interval: IntervalReport;
  readonly drop: null;
}
