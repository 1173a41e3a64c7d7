/**
 * Looks again and again at what every node and every roster says of who is where, and how that differs from the truth.
 */
import { type Targets, targetsOf } from "@hereabouts/testkit";
import { createHttpClient, type Fleet, type HttpClient } from "@hereabouts/testkit/cluster";
import type { RosterWatch } from "./rosters.ts";
import { type Difference, differenceOf, type Expected, seatName, type Truth } from "./truth.ts";

/** One look at one node or one roster client. */
export interface Look {
  /** `node 0` or a roster's name. */
  readonly who: string;
  /** When it was taken, in milliseconds since 1970. */
  readonly at: number;
  readonly difference: Difference;
  /** Why there is no picture, or why it is not whole; `undefined` when it is. */
  readonly problem: string | undefined;
}

/** The watch over everybody's picture. */
export interface Agreement extends AsyncDisposable {
  /** Every look that found something wrong. */
  readonly wrong: readonly Look[];
  /** How many looks there were. */
  looks(): number;
  /** When a round last began in which everybody was right and from which on everybody was; `undefined` for not now. */
  since(): number | undefined;
}

/** What is looked at. */
export interface AgreementOptions {
  readonly fleet: Fleet;
  readonly rosters: readonly RosterWatch[];
  readonly truth: Truth;
  readonly channels: readonly string[];
  readonly keys: { readonly subscribe: string; readonly publish: string };
}

const everyMs = 250;
/** What the crowd has done is known this much later at most. */
const crowdLagMs = 200;
const patienceMs = 2_000;
/** An event is with every roster this much later; a node knows at once what it or another has acknowledged. */
const rosterLagMs = 1_000;

/** Starts to look. */
export function watchAgreement(options: AgreementOptions): Agreement {
  const wrong: Look[] = [];
  let looks = 0;
  let since: number | undefined;
  let isStopped = false;
  const targets = targetsOf(options.keys);

  const run = async (): Promise<void> => {
    while (!isStopped) {
      const beganAt = Date.now();
      const round = await lookAtAll(options, targets);
      const found = round.filter(isWrong);
      looks += round.length;
      wrong.push(...found);
      since = found.length > 0 ? undefined : (since ?? beganAt);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  };
  const running = run();
  return {
    wrong,
    looks: () => looks,
    since: () => since,
    async [Symbol.asyncDispose]() {
      isStopped = true;
      await running;
    },
  };
}

function isWrong({ difference, problem }: Look): boolean {
  return problem !== undefined || difference.missing.length > 0 || difference.ghosts.length > 0;
}

type Picture = Pick<Look, "who" | "problem"> & { readonly shown: ReadonlySet<string> | undefined };

async function lookAtAll(options: AgreementOptions, targets: Targets): Promise<readonly Look[]> {
  const at = Date.now();
  const { fleet, rosters, truth } = options;
  const lags = [0, rosterLagMs] as const;
  const before = lags.map((lag) => truth.expected(at, lag));
  const up = Array.from({ length: fleet.size }, (_, node) => node).filter((node) => fleet.isUp(node));
  const fromRosters = rosters.map(pictureOfRoster);
  const fromNodes = await Promise.all(up.map((node) => pictureOfNode(node, options, targets)));
  // A node that went down while it was asked does not count.
  const counted = fromNodes.filter((_, index) => fleet.isUp(up[index] ?? 0));
  await new Promise((resolve) => setTimeout(resolve, crowdLagMs));
  const after = lags.map((lag) => truth.expected(Date.now(), lag));
  return [counted, fromRosters].flatMap((pictures, kind) => {
    const [was, is] = [before[kind], after[kind]];
    if (was === undefined || is === undefined)
      throw new Error("Nodes and rosters each have what is expected of them.");
    return pictures.map((picture) => lookOf(picture, { at, before: was, after: is }));
  });
}

function lookOf(
  { who, shown, problem }: Picture,
  { at, before, after }: { readonly at: number; readonly before: Expected; readonly after: Expected },
): Look {
  const difference = shown === undefined ? { missing: [], ghosts: [] } : differenceOf(shown, before, after);
  return { who, at, difference, problem };
}

function pictureOfRoster(watch: RosterWatch): Picture {
  const incomplete = watch.incomplete();
  const problem = incomplete.length === 0 ? undefined : `${incomplete.length} rosters are not complete`;
  return { who: watch.name, shown: watch.shown(), problem };
}

async function pictureOfNode(node: number, options: AgreementOptions, targets: Targets): Promise<Picture> {
  const http = createHttpClient(options.fleet.port(node));
  const who = `node ${node}`;
  try {
    return { who, shown: await hereNow(http, targets, options.channels), problem: undefined };
  } catch (error) {
    return { who, shown: undefined, problem: error instanceof Error ? error.message : String(error) };
  } finally {
    http.close();
  }
}

interface HereNow {
  readonly payload: { readonly channels: Readonly<Record<string, { readonly uuids: readonly string[] }>> };
}

async function hereNow(
  http: HttpClient,
  targets: Targets,
  channels: readonly string[],
): Promise<Set<string>> {
  const target = targets.presence(`/channel/${channels.map(encodeURIComponent).join(",")}`, {
    uuid: "looker",
  });
  const sent = http.send(target, {});
  const late = setTimeout(() => sent.drop(), patienceMs);
  const { status, text, json } = await sent.reply.finally(() => clearTimeout(late));
  if (status !== 200) throw new Error(`here now was answered ${status}: ${text.slice(0, 100)}`);
  const { payload } = json as HereNow;
  const seats = Object.entries(payload.channels).flatMap(([channel, { uuids }]) =>
    uuids.map((user) => seatName(channel, user)),
  );
  return new Set(seats);
}
