/** Judges what watchers were told against what the users did. Pure. */
import type { CrowdReport, SeenEvent } from "@hereabouts/testkit/cluster";
import type { Life, Truth } from "./truth.ts";

/** What a watcher noted. */
export interface Notes {
  readonly name: string;
  readonly channels: readonly string[];
  readonly events: readonly SeenEvent[];
  readonly disorder: readonly string[];
}

/** What the watchers' notes come to. Every list holds sentences; each is a fault unless the scenario allows it. */
export interface Verdict {
  /** Events told, over all watchers. */
  readonly events: number;
  /** Events that one watcher was told twice. */
  readonly doubled: readonly string[];
  /** Changes that a watcher was not told though it went on being told of their channel, or others were told. */
  readonly lost: readonly string[];
  readonly disorder: readonly string[];
  /** Leaves and timeouts of users who were there, and timeouts before their time. */
  readonly falseEnds: readonly string[];
  /** Joins of users who had never gone. */
  readonly falseJoins: readonly string[];
  /** Joins of users who had been there in an earlier life of their channel. */
  readonly rejoins: number;
  /** Users who came, left or fell silent without an event that says so. */
  readonly untold: readonly string[];
  /** Channels whose history was lost, which a new epoch says. */
  readonly newEpochs: readonly string[];
  /** The longest time from a silent user's last request and its timeout to the arrival of that event, in milliseconds. */
  readonly latestTimeoutMs: number;
}

/** Judges all notes. */
export function judge(notes: readonly Notes[], truth: Truth): Verdict {
  const changes = mergeChanges(notes);
  const newEpochs = [...changes]
    .filter(([, epochs]) => epochs.length > 1)
    .map(([channel, epochs]) => `${channel}: ${epochs.map(({ epoch }) => epoch).join(", then ")}`);
  return {
    events: notes.reduce((sum, { events }) => sum + events.length, 0),
    doubled: notes.flatMap(doubledIn),
    lost: [...notes.flatMap((note) => lostOf(note, changes)), ...gapsIn(changes)],
    disorder: notes.flatMap(({ name, disorder }) => disorder.map((what) => `${name}: ${what}`)),
    ...livesIn(changes, truth),
    newEpochs,
  };
}

/** The changes of one life of a channel, by revision, as any watcher was told them. */
interface Epoch {
  readonly epoch: string;
  readonly changes: Map<number, SeenEvent>;
}

type Changes = ReadonlyMap<string, readonly Epoch[]>;

function mergeChanges(notes: readonly Notes[]): Changes {
  const merged = new Map<string, Epoch[]>();
  const all = notes.flatMap(({ events }) => events);
  for (const event of all.sort(byTimetoken)) {
    const epochs = merged.get(event.channel) ?? [];
    merged.set(event.channel, epochs);
    let life = epochs.find(({ epoch }) => epoch === event.epoch);
    if (life === undefined) {
      life = { epoch: event.epoch, changes: new Map() };
      epochs.push(life);
    }
    if (!isChange(event)) continue;
    const known = life.changes.get(event.revision);
    if (known === undefined || known.arrivedAt > event.arrivedAt) life.changes.set(event.revision, event);
  }
  return merged;
}

/** Interval events sum up or call for a look; they are no changes. */
function isChange({ action }: SeenEvent): boolean {
  return action !== "interval";
}

function byTimetoken(a: SeenEvent, b: SeenEvent): number {
  if (a.timetoken === b.timetoken) return 0;
  return a.timetoken < b.timetoken ? -1 : 1;
}

function doubledIn({ name, events }: Notes): readonly string[] {
  const seen = new Set<string>();
  const doubled: string[] = [];
  for (const event of events) {
    for (const key of keysOf(event)) {
      if (seen.has(key)) doubled.push(`${name} was told twice: ${describe(event)}`);
      seen.add(key);
    }
  }
  return [...new Set(doubled)];
}

/** What may be told once only: a position in the log, and a revision in a channel's life. */
function keysOf(event: SeenEvent): readonly string[] {
  const position = `${event.channel} at ${event.timetoken}`;
  return isChange(event) ? [position, `${event.channel} ${event.epoch} ${event.revision}`] : [position];
}

function lostOf({ name, channels, events }: Notes, changes: Changes): readonly string[] {
  const told = new Set(
    events.filter(isChange).map((event) => `${event.channel} ${event.epoch} ${event.revision}`),
  );
  return channels.flatMap((channel) =>
    (changes.get(channel) ?? []).flatMap(({ epoch, changes }) =>
      [...changes.values()]
        .filter((event) => !told.has(`${channel} ${epoch} ${event.revision}`))
        .map((event) => `${name} was not told: ${describe(event)}`),
    ),
  );
}

/**
 * Revisions that nobody was told. Every watcher began before the first change, so a channel's first life begins with 1;
 * a later one may go on counting where the store stood.
 */
function gapsIn(changes: Changes): readonly string[] {
  return [...changes].flatMap(([channel, epochs]) =>
    epochs.flatMap(({ epoch, changes }, nth) => {
      const highest = Math.max(0, ...changes.keys());
      const lowest = nth === 0 ? 1 : Math.min(highest, ...changes.keys());
      const all = Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index);
      const missing = all.filter((revision) => revision > 0 && !changes.has(revision));
      return missing.map((revision) => `nobody was told revision ${revision} of ${channel} in ${epoch}`);
    }),
  );
}

type Judged = Pick<Verdict, "falseEnds" | "falseJoins" | "rejoins" | "untold" | "latestTimeoutMs">;

function livesIn(changes: Changes, truth: Truth): Judged {
  const falseEnds: string[] = [];
  const falseJoins: string[] = [];
  let latestTimeoutMs = 0;
  const joins = new Map<string, number>();
  const ends = new Map<string, number>();
  const isWhole = new Map<string, boolean>();
  for (const [channel, epochs] of changes) {
    isWhole.set(channel, epochs.length === 1);
    for (const { changes } of epochs) {
      const present = new Set<string>();
      for (const event of [...changes.values()].sort((a, b) => a.revision - b.revision)) {
        const user = event.user ?? "";
        const life = truth.life(user);
        if (event.action === "join") {
          if (present.has(user)) falseJoins.push(describe(event));
          present.add(user);
          joins.set(user, (joins.get(user) ?? 0) + 1);
          continue;
        }
        if (event.action !== "leave" && event.action !== "timeout") continue;
        present.delete(user);
        ends.set(user, (ends.get(user) ?? 0) + 1);
        if (life === undefined || !mayEnd(life, event, truth))
          falseEnds.push(`${describe(event)}${margin(life, event, truth)}`);
        else if (event.action === "timeout") {
          latestTimeoutMs = Math.max(latestTimeoutMs, event.arrivedAt - truth.latestTimeoutOf(life));
        }
      }
    }
  }
  // Where a channel's history was lost, what was in it need not have been told.
  const whole = truth.lives().filter(({ channel }) => isWhole.get(channel) !== false);
  for (const { user } of whole) {
    if ((joins.get(user) ?? 0) > 1) falseJoins.push(`${user} joined ${joins.get(user)} times`);
  }
  const untold = whole.flatMap((life) => untoldOf(life, joins, ends));
  const rejoins = truth
    .lives()
    .filter(({ channel }) => isWhole.get(channel) === false)
    .reduce((sum, { user }) => sum + Math.max(0, (joins.get(user) ?? 0) - 1), 0);
  return { falseEnds, falseJoins, rejoins, untold, latestTimeoutMs };
}

function mayEnd(life: Life, event: SeenEvent, truth: Truth): boolean {
  const { stage } = life.last;
  if (event.action === "leave") {
    // A user whose leave was never acknowledged is dead; so is one that fell silent.
    if (stage === "dead") return life.last.isUncertain || event.at >= truth.earliestLeaveOf(life);
    return stage === "left";
  }
  return stage === "dead" && event.at >= truth.earliestTimeoutOf(life);
}

/** What is wrong with an end: who was there, or by how much it came too early. */
function margin(life: Life | undefined, event: SeenEvent, truth: Truth): string {
  if (life === undefined) return " (nobody knows that user)";
  const earliest = event.action === "timeout" ? truth.earliestTimeoutOf(life) : truth.earliestLeaveOf(life);
  const earlyMs = earliest - event.at;
  return ` (the user is ${life.last.stage}${Number.isFinite(earlyMs) ? `, ${earlyMs} ms too early` : ""})`;
}

function untoldOf(
  life: Life,
  joins: ReadonlyMap<string, number>,
  ends: ReadonlyMap<string, number>,
): readonly string[] {
  const untold: string[] = [];
  if (life.seatedAt !== undefined && !joins.has(life.user)) untold.push(`${life.user} came`);
  const isGone = life.last.stage === "left" || life.last.stage === "dead";
  if (isGone && !ends.has(life.user)) untold.push(`${life.user} went (${life.last.stage})`);
  return untold;
}

function describe({ channel, action, user, epoch, revision, timetoken }: SeenEvent): string {
  return `${action} of ${user ?? "nobody"} in ${channel}, revision ${revision} of ${epoch}, at ${timetoken}`;
}

/** What a scenario puts up with: only where Redis itself loses what was written. */
export interface Allowance {
  /** Whether channels may have a new epoch, and then lose what was before it. */
  readonly historyLoss: boolean;
}

/** The faults among what was measured, as sentences; none when all is well. */
export function faultsIn(verdict: Verdict, crowd: CrowdReport, allowance: Allowance): readonly string[] {
  const lossyWithoutMark = crowd.lossy.filter(
    (channel) => !verdict.newEpochs.some((name) => name.startsWith(`${channel}: `)),
  );
  return [
    ...few("told twice", verdict.doubled),
    ...few("never told", verdict.lost),
    ...few("out of order", verdict.disorder),
    ...few("false end", verdict.falseEnds),
    ...few("false join", verdict.falseJoins),
    ...few("no event says", verdict.untold),
    ...(allowance.historyLoss ? [] : few("history lost", verdict.newEpochs)),
    ...(crowd.doubled > 0 ? [`${crowd.doubled} messages were delivered twice`] : []),
    ...(allowance.historyLoss ? few("messages lost without a new epoch", lossyWithoutMark) : []),
    ...(!allowance.historyLoss && crowd.lost > 0 ? [`${crowd.lost} messages were lost`] : []),
  ];
}

/** The first few of a kind, and how many there are. */
function few(kind: string, all: readonly string[]): readonly string[] {
  if (all.length === 0) return [];
  const shown = all.slice(0, 5).map((what) => `${kind}: ${what}`);
  return all.length > shown.length ? [...shown, `${kind}: ${all.length} in all`] : shown;
}
