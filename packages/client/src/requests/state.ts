/** Set state and get state. */
import type { GetStateOptions, GetStateResult, SetStateOptions, SetStateResult } from "../api.ts";
import { isPlainObject } from "../json.ts";
import { type Target, type TargetNames, targetsOf } from "../machine/targets.ts";
import { checkId, checkTargets } from "../names.ts";
import type { SeatKeeper } from "../seat-keeper.ts";
import type { Question } from "./ask.ts";
import { type CallContext, presencePath, readState } from "./context.ts";
import { field, must, recordOf } from "./reply.ts";

/** Makes `setState`. */
export function createSetState<State>(
  { ask, settings, check }: CallContext<State>,
  keeper: SeatKeeper,
): (options: SetStateOptions<State>) => Promise<SetStateResult<State>> {
  return async (options) => {
    const names = checkTargets(options);
    const state = await check.outgoing(options.state);
    const { path, query } = place(settings, names);
    const question = { path: [...path, "data"], query: { ...query, state: JSON.stringify(state) } };
    const targets = targetsOf(names);
    const { states } = keeper.state;
    // Before it is sent: a heartbeat that follows must not bring the old one back.
    keeper.keep(targets, state);
    keeper.settingStates += 1;
    try {
      const { json } = await ask(question, options);
      must(field(json, "payload"), isPlainObject);
    } catch (thrown) {
      const isStill = (target: Target): boolean => keeper.state.states.get(target) === state;
      for (const target of targets) if (isStill(target)) keeper.keep([target], states.get(target));
      throw thrown;
    } finally {
      keeper.settingStates -= 1;
    }
    // What was set is what the schema made of it.
    return { state: state as State };
  };
}

/** Makes `getState`. */
export function createGetState<State>(
  context: CallContext<State>,
): (options: GetStateOptions) => Promise<GetStateResult<State>> {
  const { ask, settings } = context;
  return async (options) => {
    const names = checkTargets(options);
    const userId = checkId(options.userId ?? settings.userId, "userId");
    const { json } = await ask(place({ ...settings, userId }, names), options);
    const payload = must(field(json, "payload"), isPlainObject);
    const isSingle = names.channels.length === 1 && names.groups.length === 0;
    const raw = isSingle ? names.channels.map((name) => [name, payload] as const) : channelsOf(payload);
    const states = new Map<string, State | undefined>(names.channels.map((name) => [name, undefined]));
    for (const [channel, value] of raw)
      states.set(channel, await readState(context, value, { channel, userId }));
    return { channels: recordOf(states) };
  };
}

function channelsOf(payload: unknown): readonly (readonly [string, unknown])[] {
  return Object.entries(must(field(payload, "channels"), isPlainObject));
}

function place(
  settings: { readonly subscribeKey: string; readonly userId: string },
  { channels, groups }: TargetNames,
): Question {
  return {
    path: presencePath(settings, "channel", channels, "uuid", settings.userId),
    query: { "channel-group": groups },
  };
}
