/** Looks at a world that has come to rest, from every side. */
import type { Engine } from "@hereabouts/core";
import type { Channel } from "@hereabouts/protocol";
import type { WireRequest } from "@hereabouts/protocol/wire";
import type { Cluster } from "./cluster.ts";
import type { Entry, Picture } from "./history.ts";
import { channels, keyset } from "./names.ts";
import type { NodeHost } from "./node-host.ts";
import { targets } from "./raw-client.ts";
import type { SdkActor, Stage } from "./sdk-actor.ts";

/** Who and what there is to look at. */
export interface Scene {
  readonly cluster: Cluster;
  readonly sdk: readonly SdkActor[];
  readonly stage: Stage;
  readonly truth: Engine;
  /** How long nothing may happen: longer than the last event needs to everybody on a good day, in milliseconds. */
  readonly quietMs: number;
  /** After so long without a change of seats every change has been summed up, in milliseconds; 0 where none is. */
  readonly summedUpAfterMs: number;
}

const usersMax = 1_000;
/** How often one looks at most: seats that are left from bad days end, each with an event, for a while. */
const looksMax = 100;

/**
 * Writes down what the engine, every node and every roster say at this moment. Resolves with how many entries of the log
 * everybody has had the time to be told of.
 */
export async function lookAround(scene: Scene): Promise<number> {
  for (let looks = 0; looks < looksMax; looks += 1) {
    const told = await look(scene);
    if (told !== undefined) return told;
  }
  throw new Error(`It was not quiet for a moment in ${looksMax} looks.`);
}

/** How many entries there were, if nothing happened meanwhile; else the pictures are not of one moment, and nothing is written down. */
async function look(scene: Scene): Promise<number | undefined> {
  const { cluster, sdk, stage, truth, quietMs } = scene;
  const { recorder, clock } = stage;
  if (!(await isSummedUp(scene))) return undefined;
  const ask: Ask = (host, target) => askInTime({ stage, quietMs }, host, target);
  const asked = cluster.running.flatMap((host) => channels.map((channel) => hereNow(ask, host, channel)));
  const users = [...new Set(sdk.map(({ user }) => user))];
  const [first] = cluster.running;
  const whereNow = users.map(
    async (user) => [user, first === undefined ? [] : await whereIs(ask, first, user)] as const,
  );
  const answers = Promise.all([Promise.all(asked), Promise.all(whereNow)]);
  const engine = Promise.all(channels.map((channel) => engineSays(truth, channel, clock.now())));
  await recorder.pump();
  const before = recorder.entries().length;
  await clock.advance(quietMs);
  const [hereNowPictures, wheres] = await answers;
  const pictures = await engine;
  await recorder.pump();
  if (recorder.entries().slice(before).some(isNews)) return undefined;
  recorder.quiet({
    entries: before,
    engine: pictures,
    hereNow: hereNowPictures,
    rosters: sdk.flatMap((actor) => actor.pictures()),
    whereNow: new Map(wheres),
  });
  return before;
}

/** Whether nothing changed for long enough that no change has still to be summed up. */
async function isSummedUp({ stage: { clock }, truth, summedUpAfterMs }: Scene): Promise<boolean> {
  if (summedUpAfterMs === 0) return true;
  const revisions = async (): Promise<string> => {
    const pictures = await Promise.all(channels.map((channel) => engineSays(truth, channel, clock.now())));
    return pictures.map(({ revision }) => revision).join(" ");
  };
  const before = revisions();
  await clock.advance(summedUpAfterMs);
  const after = revisions();
  await clock.advance(0);
  return (await before) === (await after);
}

/** Whether an entry tells something: a summary in which nothing happened does not. */
function isNews({ interval }: Entry): boolean {
  return interval === undefined || interval.sinceRevision !== interval.revision;
}

async function engineSays({ presence }: Engine, channel: Channel, now: number): Promise<Picture> {
  const page = { offset: 0, limit: usersMax, unless: undefined };
  const view = await presence.channel(keyset.subscribeKey, channel, page, now);
  return {
    who: "the engine",
    channel,
    users: new Map((view.occupants ?? []).map(({ user, state }) => [user, state ?? "{}"])),
    occupancy: view.occupancy,
    revision: `${view.epoch}/${view.revision}`,
  };
}

interface HereNowBody {
  readonly occupancy: number;
  readonly epoch: string;
  readonly revision: number;
  readonly uuids: readonly { readonly uuid: string; readonly state?: unknown }[];
}

async function hereNow(ask: Ask, host: NodeHost, channel: string): Promise<Picture> {
  const target = targets.presence(`/channel/${encodeURIComponent(channel)}`, { state: 1, details: 1 });
  const { occupancy, epoch, revision, uuids } = (await ask(host, target)) as HereNowBody;
  return {
    who: host.name,
    channel,
    users: new Map(uuids.map(({ uuid, state }) => [uuid, JSON.stringify(state ?? {})])),
    occupancy,
    revision: `${epoch}/${revision}`,
  };
}

async function whereIs(ask: Ask, host: NodeHost, user: string): Promise<readonly string[]> {
  const body = await ask(host, targets.presence(`/uuid/${user}`, {}));
  return (body as { readonly payload: { readonly channels: readonly string[] } }).payload.channels;
}

type Ask = (host: NodeHost, target: string) => Promise<unknown>;

/** Asks one node, past the network. Rejects when it does not answer while it is quiet. */
function askInTime(
  { stage: { clock }, quietMs }: Pick<Scene, "stage" | "quietMs">,
  host: NodeHost,
  target: string,
): Promise<unknown> {
  const request: WireRequest = {
    method: "GET",
    target,
    header: () => undefined,
    body: undefined,
    signal: { onCancel: () => {} },
  };
  return new Promise((resolve, reject) => {
    const slow = (): void => reject(new Error(`${host.name} did not answer at a quiet moment: ${target}`));
    clock.at(clock.now() + quietMs, slow);
    host.serve(request, {
      onTaken: () => {},
      onAnswer: ({ status, body }) => {
        if (status === 200) resolve(JSON.parse(body));
        else reject(new Error(`${host.name} answered ${status} ${body} at a quiet moment.`));
      },
      onReset: () => reject(new Error(`${host.name} went away at a quiet moment.`)),
    });
  });
}
