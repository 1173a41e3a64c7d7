/** Runs a pure machine: keeps its state, and does what it says. */

/** A machine at work. */
export interface Driver<State, Input> {
  readonly state: State;
  /** Takes a step. Inputs that come while effects are carried out wait for their turn. */
  feed(input: Input): void;
}

/** What a machine is. */
export interface Machine<State, Input, Effect extends { readonly type: string }> {
  readonly initial: State;
  step(state: State, input: Input): { readonly state: State; readonly effects: readonly Effect[] };
  /** Carries out effects by their type. */
  readonly effects: {
    readonly [Type in Effect["type"]]: (effect: Extract<Effect, { readonly type: Type }>) => void;
  };
}

/** Starts a machine. */
export function drive<State, Input, Effect extends { readonly type: string }>(
  machine: Machine<State, Input, Effect>,
): Driver<State, Input> {
  const inbox: Input[] = [];
  const driver = {
    state: machine.initial,
    feed: (input: Input) => {
      if (inbox.push(input) > 1) return;
      // Inputs stay in the box until all are done with, so that the box tells whether a step is under way.
      for (const next of inbox) {
        const { state, effects } = machine.step(driver.state, next);
        driver.state = state;
        for (const effect of effects) {
          // The table has for each type what takes effects of that type.
          (machine.effects[effect.type as Effect["type"]] as (effect: Effect) => void)(effect);
        }
      }
      inbox.length = 0;
    },
  };
  return driver;
}
