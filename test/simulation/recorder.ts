/** Writes the history down while a world runs. */
import type { LogEntry } from "@hereabouts/core";
import { presenceChannel } from "@hereabouts/protocol";
import type {
  Attempt,
  Entry,
  Gauge,
  History,
  Moment,
  Quiet,
  RequestRecord,
  Served,
  Span,
  SubscriberRecord,
  Terms,
  Verb,
} from "./history.ts";
import type { SharedEngine } from "./shared-engine.ts";

/** Writes down what happens, with the time and the step in which it did. */
export interface Recorder {
  /** The director's step. */
  step: number;
  moment(): Moment;
  verb(verb: Omit<Verb, "at" | "step">): void;
  /** Only where verbs are not exact. */
  attempt(attempt: Attempt): void;
  request(record: RequestRecord): void;
  served(record: Served): void;
  subscriber(record: SubscriberRecord): void;
  quiet(quiet: Omit<Quiet, "at" | "step" | "told">): void;
  gauge(gauge: Omit<Gauge, "at" | "step">): void;
  unable(span: Span): void;
  frozen(node: string, span: Span): void;
  complaint(text: string): void;
  /** Reads what is new in the engine's log. */
  pump(): Promise<void>;
  entries(): readonly Entry[];
  history(terms: Terms): History;
}

/** Starts to write. */
export function createRecorder(
  shared: SharedEngine,
  now: () => number,
  trace: (line: string) => void,
): Recorder {
  const verbs: Verb[] = [];
  const attempts: Attempt[] = [];
  const requests: RequestRecord[] = [];
  const served: Served[] = [];
  const subscribers: SubscriberRecord[] = [];
  const quiets: Quiet[] = [];
  const gauges: Gauge[] = [];
  const unable: Span[] = [];
  const frozen = new Map<string, Span[]>();
  const complaints: (Moment & { readonly text: string })[] = [];
  const entries: Entry[] = [];
  let pumping: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    next = undefined;
    for (const entry of await shared.news()) {
      const written = entryOf(entry, recorder.moment());
      entries.push(written);
      trace(`  log ${written.timetoken} ${written.channel} ${written.what}`);
    }
  };
  const recorder: Recorder = {
    step: 0,
    moment: () => ({ at: now(), step: recorder.step }),
    verb: (verb) => {
      if (shared.isExact) verbs.push({ ...verb, ...recorder.moment() });
    },
    attempt: (attempt) => {
      if (!shared.isExact) attempts.push(attempt);
    },
    request: (record) => {
      requests.push(record);
    },
    served: (record) => {
      served.push(record);
    },
    subscriber: (record) => {
      subscribers.push(record);
    },
    quiet: (quiet) => {
      const told = subscribers.flatMap(({ name, got }) =>
        got.slice(-1).map(({ timetoken }) => [name, timetoken] as const),
      );
      quiets.push({ ...quiet, ...recorder.moment(), told: new Map(told) });
    },
    gauge: (gauge) => {
      gauges.push({ ...gauge, ...recorder.moment() });
    },
    unable: (span) => {
      unable.push(span);
    },
    frozen: (node, span) => {
      frozen.set(node, [...(frozen.get(node) ?? []), span]);
    },
    complaint: (text) => {
      complaints.push({ text, ...recorder.moment() });
    },
    pump: () => {
      // Who asks before it has begun shares it.
      next ??= pumping = pumping.then(read);
      return next;
    },
    entries: () => entries,
    history: (terms) => ({
      terms,
      entries: entries.toSorted(byTimetoken),
      verbs,
      ...(!shared.isExact && { attempts }),
      requests,
      served,
      subscribers,
      quiets,
      gauges,
      unable,
      frozen,
      complaints,
      end: recorder.moment(),
    }),
  };
  return recorder;
}

/** Entries of different channels may be found in another order than they are told in. */
function byTimetoken(one: Entry, other: Entry): number {
  if (one.timetoken === other.timetoken) return 0;
  return BigInt(one.timetoken) < BigInt(other.timetoken) ? -1 : 1;
}

function entryOf(entry: LogEntry, moment: Moment): Entry {
  const timetoken = entry.timetoken.toString();
  if (entry.kind === "publication") {
    const { channel, payload, kind } = entry.publication;
    return { ...moment, timetoken, channel, what: `${kind} ${payload}`, change: undefined };
  }
  if (entry.kind === "interval") {
    const { interval } = entry;
    const channel = presenceChannel(interval.channel);
    const what = intervalText(interval.occupancy);
    return { ...moment, timetoken, channel, what, change: undefined, interval };
  }
  const { change } = entry;
  const { kind, user, occupancy, epoch, revision } = change;
  const what = presenceText({ action: kind, user, occupancy, epoch, revision });
  return { ...moment, timetoken, channel: presenceChannel(change.channel), what, change };
}

/** A presence event in few words. */
export function presenceText(event: {
  readonly action: string;
  readonly user: string;
  readonly occupancy: number;
  readonly epoch: string | undefined;
  readonly revision: number | undefined;
}): string {
  return `${event.action} ${event.user} ${event.occupancy} ${event.epoch}/${event.revision}`;
}

/** A summary in few words. */
export function intervalText(occupancy: number): string {
  return `interval ${occupancy}`;
}
