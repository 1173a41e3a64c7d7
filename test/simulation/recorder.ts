/** Writes the history down while a world runs. */
import type { Engine, LogEntry } from "@hereabouts/core";
import { presenceChannel, type Timetoken, zeroTimetoken } from "@hereabouts/protocol";
import type {
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
import { channels, keyset } from "./names.ts";

/** Writes down what happens, with the time and the step in which it did. */
export interface Recorder {
  /** The director's step. */
  step: number;
  moment(): Moment;
  verb(verb: Omit<Verb, "at" | "step">): void;
  request(record: RequestRecord): void;
  served(record: Served): void;
  subscriber(record: SubscriberRecord): void;
  quiet(quiet: Omit<Quiet, "at" | "step" | "entries" | "told">): void;
  gauge(gauge: Omit<Gauge, "at" | "step">): void;
  unable(span: Span): void;
  frozen(node: string, span: Span): void;
  complaint(text: string): void;
  /** Reads what is new in the engine's log. */
  pump(): Promise<void>;
  entries(): readonly Entry[];
  history(terms: Terms): History;
}

const topics = channels.flatMap((channel) => [channel, presenceChannel(channel)]);
const pageMax = 1_000;

/** Starts to write; `truth` is an engine that nothing stands before. */
export function createRecorder(truth: Engine, now: () => number, trace: (line: string) => void): Recorder {
  const verbs: Verb[] = [];
  const requests: RequestRecord[] = [];
  const served: Served[] = [];
  const subscribers: SubscriberRecord[] = [];
  const quiets: Quiet[] = [];
  const gauges: Gauge[] = [];
  const unable: Span[] = [];
  const frozen = new Map<string, Span[]>();
  const complaints: (Moment & { readonly text: string })[] = [];
  const entries: Entry[] = [];
  let cursor: Timetoken = zeroTimetoken;
  let pumping: Promise<void> = Promise.resolve();

  const read = async (): Promise<void> => {
    for (;;) {
      // At instant 0 the recorder takes no position in the log, and so changes nothing by looking.
      const page = await truth.log.read(keyset.subscribeKey, topics, cursor, pageMax, 0);
      for (const entry of page.entries) {
        const written = entryOf(entry, recorder.moment());
        entries.push(written);
        trace(`  log ${written.timetoken} ${written.channel} ${written.what}`);
      }
      cursor = page.entries.at(-1)?.timetoken ?? cursor;
      if (page.entries.length < pageMax) return;
    }
  };
  const recorder: Recorder = {
    step: 0,
    moment: () => ({ at: now(), step: recorder.step }),
    verb: (verb) => {
      verbs.push({ ...verb, ...recorder.moment() });
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
      quiets.push({ ...quiet, ...recorder.moment(), entries: entries.length, told: new Map(told) });
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
      pumping = pumping.then(read);
      return pumping;
    },
    entries: () => entries,
    history: (terms) => ({
      terms,
      entries,
      verbs,
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

function entryOf(entry: LogEntry, moment: Moment): Entry {
  const timetoken = entry.timetoken.toString();
  if (entry.kind === "publication") {
    const { channel, payload, kind } = entry.publication;
    return { ...moment, timetoken, channel, what: `${kind} ${payload}`, change: undefined };
  }
  if (entry.kind === "interval") {
    const channel = presenceChannel(entry.interval.channel);
    return { ...moment, timetoken, channel, what: "interval", change: undefined };
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
