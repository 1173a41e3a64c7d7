/** Keeps the user's seats: carries out what the presence machine says. */
import type { JsonObject } from "./api.ts";
import { type Driver, drive } from "./driver.ts";
import type { RawEvent } from "./events.ts";
import { isPlainObject } from "./json.ts";
import {
  initialPresenceState,
  type PresenceEffect,
  type PresenceInput,
  type PresenceState,
  stepPresence,
} from "./machine/presence.ts";
import { minus, noTargets, type Target } from "./machine/targets.ts";
import type { Settings } from "./options.ts";
import type { Ask } from "./requests/ask.ts";
import { heartbeatQuestion, seatQuestion } from "./requests/seats.ts";
import { createTurns, ignore, type Turns } from "./turns.ts";

/** The user's seats, kept. */
export interface SeatKeeper extends Driver<PresenceState, PresenceInput>, Pick<Turns, "enter" | "left"> {
  /** Remembers the own state where the user sits; `undefined` forgets it. */
  keep(targets: Iterable<Target>, state: JsonObject | undefined): void;
  /** How many requests that set the own state are under way: meanwhile events tell of older ones. */
  settingStates: number;
  /** Remembers the own state that an event tells of, where one is remembered: another device may have set it. */
  adopt(event: RawEvent): void;
  /** Leaves by a request that outlives the page. */
  leavePage(): void;
}

/** How long a leave may take, in milliseconds: others wait for it. */
const leaveTimeoutMs = 5_000;

/** Makes the keeper of a client's seats. */
export function createSeatKeeper(settings: Settings<unknown>, ask: Ask): SeatKeeper {
  const turns = createTurns(settings.scheduling);
  let disarm = ignore;
  const machine = drive<PresenceState, PresenceInput, PresenceEffect>({
    initial: initialPresenceState,
    step: stepPresence,
    effects: {
      heartbeat: ({ seats, states }) => {
        // Whatever takes seats renews them. The poll notices by itself when the service is away.
        if (!turns.isEntering())
          turns.enter(() => ask(heartbeatQuestion(settings, seats, states))).catch(ignore);
      },
      leave: ({ seats }) =>
        turns.leave(async () => {
          const { state } = machine;
          // Some may be needed again by now.
          const left = minus(seats, state.isIn ? state.seats : noTargets);
          if (left.size > 0) await ask(seatQuestion(settings, left, "leave"), { timeoutMs: leaveTimeoutMs });
        }),
      arm: () => {
        disarm();
        disarm = settings.scheduling.after(settings.heartbeatMs, () => machine.feed({ type: "due" }));
      },
      disarm: () => disarm(),
    },
  });
  const keep = (targets: Iterable<Target>, state: JsonObject | undefined): void =>
    machine.feed({ type: "states", targets: new Set(targets), state });
  const keeper: SeatKeeper = Object.assign(machine, turns, {
    keep,
    settingStates: 0,
    adopt: (event: RawEvent) => {
      if (!("action" in event) || event.action !== "state-change" || event.userId !== settings.userId) return;
      const target = `c${event.channel}` as const;
      if (keeper.settingStates > 0 || !machine.state.states.has(target)) return;
      keep([target], isPlainObject(event.state) ? (event.state as JsonObject) : undefined);
    },
    leavePage: () => {
      const { isIn, seats } = machine.state;
      if (isIn) ask(seatQuestion(settings, seats, "leave"), { retries: 0, keepalive: true }).catch(ignore);
    },
  });
  return keeper;
}
