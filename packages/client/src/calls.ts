/** The calls of a client: checks what it is given, asks, and shapes the answers. */
import type {
  CallOptions,
  Client,
  ClientTypes,
  HereNow,
  HereNowChannel,
  HereNowOptions,
  HereNowPagesOptions,
  JsonObject,
  MessageOf,
  PublishOptions,
  StateOf,
  StatusEvent,
} from "./api.ts";
import { PresenceError } from "./error.ts";
import type { RosterPage, RosterPageOptions } from "./internal.ts";
import { jsonText } from "./json.ts";
import { targetsOf } from "./machine/targets.ts";
import { checkId, checkName, checkTargets, refuse } from "./names.ts";
import { checkNumber, type Settings } from "./options.ts";
import type { Call, Caller } from "./requests/call.ts";
import { changeGroupCall, type GroupChange, listGroupCall, listGroupsCall } from "./requests/groups.ts";
import { hereNowCall, pageCall, type RawOccupant, type RawPage } from "./requests/here-now.ts";
import { type Outgoing, publishCall, signalCall } from "./requests/publish.ts";
import { recordOf } from "./requests/reply.ts";
import { getStateCall, setStateCall } from "./requests/state.ts";
import { timeCall } from "./requests/time.ts";
import { whereNowCall } from "./requests/where-now.ts";
import type { SeatKeeper } from "./seat-keeper.ts";
import { type Eventually, type StateCheck, whenThere } from "./state-check.ts";

/** What calls need of a client. */
export interface CallParts<State> {
  readonly settings: Settings<State>;
  readonly call: Caller;
  readonly check: StateCheck<State>;
  readonly keeper: SeatKeeper;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
  onStatus(event: StatusEvent): void;
}

/** The calls that users see. */
export type Calls<Types extends ClientTypes> = Pick<
  Client<Types>,
  "hereNow" | "whereNow" | "setState" | "getState" | "channelGroups" | "publish" | "signal" | "time"
>;

/** The calls, and the one that rosters use. */
export interface CallSet<Types extends ClientTypes> {
  readonly calls: Calls<Types>;
  fetchPage(options: RosterPageOptions): Promise<RosterPage<StateOf<Types>>>;
}

/** Makes the calls of a client. */
export function createCalls<Types extends ClientTypes>(parts: CallParts<StateOf<Types>>): CallSet<Types> {
  type State = StateOf<Types>;
  const { settings, call, check, keeper, closing, onStatus } = parts;
  const { subscribeKey, userId: ownUserId } = settings;
  const ask = <Result>(asked: Call<Result>, options: CallOptions = {}): Promise<Result> =>
    call({ ...asked, signals: [options.signal, closing] });

  /** A state that came, or none, which `onStatus` is told, when it does not fit. */
  const read = (channel: string, userId: string, raw: unknown): Eventually<State | undefined> =>
    whenThere(check.incoming(raw), ({ state, error }) => {
      if (error !== undefined) onStatus({ type: "invalid-state", channel, userId, error });
      return state;
    });
  const readOccupants = async <Occupant>(
    channel: string,
    raw: readonly RawOccupant[],
    make: (occupant: RawOccupant, state: State | undefined) => Occupant,
  ): Promise<readonly Occupant[]> => {
    const occupants: Occupant[] = [];
    for (const occupant of raw) {
      const state = read(channel, occupant.userId, occupant.state);
      occupants.push(make(occupant, state instanceof Promise ? await state : state));
    }
    return occupants;
  };
  const plain = ({ userId }: RawOccupant, state: State | undefined) => ({ userId, state });

  const hereNow = async (options: HereNowOptions = {}): Promise<HereNow<State>> => {
    const { channels, channelGroups, includeState = false, includeUserIds = true } = options;
    const isAll = channels === undefined && channelGroups === undefined;
    const names = isAll ? { channels: [], groups: [] } : checkTargets(options);
    const limit = checkCount(options.limit, "limit", { min: 0, max: pageMax });
    const offset = checkCount(options.offset, "offset", { min: 0, max: Number.MAX_SAFE_INTEGER });
    const raw = await ask(
      hereNowCall(subscribeKey, names, { includeState, includeUserIds, limit, offset }),
      options,
    );
    const entries: [string, HereNowChannel<State>][] = [];
    for (const [channelName, { occupancy, occupants }] of raw.channels) {
      const read = await readOccupants(channelName, occupants, plain);
      entries.push([channelName, { channelName, occupancy, occupants: read }]);
    }
    return { ...raw, channels: recordOf(entries) };
  };

  async function* pages(options: HereNowPagesOptions): AsyncGenerator<HereNowChannel<State>, void> {
    const { includeState = false } = options;
    const channel = checkName(options.channel, "channel");
    const limit = checkCount(options.limit, "limit", { min: 1, max: pageMax }) ?? pageMax;
    let first: RawPage | undefined;
    let next: string | undefined;
    do {
      const page = await ask(pageCall(subscribeKey, { channel, includeState, limit, next }), options);
      first ??= page;
      if (page.epoch !== first.epoch) {
        throw new PresenceError("unavailable", "The channel began anew between two pages: walk again.");
      }
      const occupants = await readOccupants(channel, page.occupants, plain);
      yield { channelName: channel, occupancy: page.occupancy, occupants };
      next = page.next;
    } while (next !== undefined);
  }

  const outgoing = async (options: PublishOptions<MessageOf<Types>>): Promise<Outgoing> => {
    const { publishKey } = settings;
    if (publishKey === undefined) return refuse("Publishing and signalling need the option publishKey");
    return {
      publishKey,
      subscribeKey,
      channel: checkName(options.channel, "channel"),
      message: jsonText(options.message, "message", "invalid-argument"),
      meta: options.meta && jsonText(options.meta, "meta", "invalid-argument"),
      customMessageType: options.customMessageType,
    };
  };
  const changeGroup = async (
    options: { readonly channelGroup: string } & CallOptions,
    change: () => GroupChange,
  ): Promise<void> => {
    const group = checkName(options.channelGroup, "channelGroup");
    await ask(changeGroupCall(subscribeKey, group, change()), options);
  };
  const some = (options: { readonly channels: string | readonly string[] }): readonly string[] =>
    checkTargets({ channels: options.channels }).channels;

  return {
    calls: {
      hereNow: Object.assign(hereNow, { pages }),
      whereNow: async (options = {}) =>
        ask(whereNowCall(subscribeKey, checkId(options.userId ?? ownUserId, "userId")), options),
      setState: async (options) => {
        const names = checkTargets(options);
        const state = await check.outgoing(options.state);
        const asked = setStateCall({ subscribeKey, userId: ownUserId, names }, state);
        await keeper.setState(targetsOf(names), state, () => ask(asked, options));
        // What was set is what the schema made of it.
        return { state: state as JsonObject as State };
      },
      getState: async (options) => {
        const names = checkTargets(options);
        const userId = checkId(options.userId ?? ownUserId, "userId");
        const entries = new Map<string, State | undefined>(names.channels.map((name) => [name, undefined]));
        for (const [name, raw] of await ask(getStateCall({ subscribeKey, userId, names }), options)) {
          entries.set(name, await read(name, userId, raw));
        }
        return { channels: recordOf(entries) };
      },
      channelGroups: {
        addChannels: (options) => changeGroup(options, () => ({ add: some(options) })),
        removeChannels: (options) => changeGroup(options, () => ({ remove: some(options) })),
        delete: (options) => changeGroup(options, () => ({ delete: true })),
        listChannels: async (options) =>
          ask(listGroupCall(subscribeKey, checkName(options.channelGroup, "channelGroup")), options),
        list: async (options) => ask(listGroupsCall(subscribeKey), options),
      },
      publish: async (options) => ask(publishCall(await outgoing(options)), options),
      signal: async (options) => ask(signalCall(await outgoing(options)), options),
      time: async (options) => ask(timeCall(), options),
    },
    fetchPage: async ({ channel, next, signal }) => {
      const wish = { channel, includeState: true, limit: pageMax, next };
      const page = await ask(pageCall(subscribeKey, wish), signal === undefined ? {} : { signal });
      const occupants = await readOccupants(channel, page.occupants, (raw, state) => ({ ...raw, state }));
      return { ...page, occupants };
    },
  };
}

/** Users on a page at most. */
const pageMax = 1_000;

function checkCount(
  count: number | undefined,
  what: string,
  range: { readonly min: number; readonly max: number },
): number | undefined {
  return count === undefined ? undefined : checkNumber(count, what, { ...range, step: 1 });
}
