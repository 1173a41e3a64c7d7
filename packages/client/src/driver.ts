/** Runs a pure machine: keeps its state, and does what it says. */

/** A machine at work. */
export interface Driver<State, Input> {
  readonly state: State;
  /** Takes a step. Inputs that come while effects are carried out wait for their turn. */
  feed(input: Input): void;
}

/** What a machine is. */
export interface Machine<State, Input, Effect> {
  readonly initial: State;
  step(state: State, input: Input): { readonly state: State; readonly effects: readonly Effect[] };
  run(effect: Effect): void;
}

/** Starts a machine. */
export function drive<State, Input, Effect>(machine: Machine<State, Input, Effect>): Driver<State, Input> {
  const inbox: Input[] = [];
  let isBusy = false;
  const driver = {
    state: machine.initial,
    feed: (input: Input) => {
      inbox.push(input);
      if (isBusy) return;
      isBusy = true;
      for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) {
        const { state, effects } = machine.step(driver.state, next);
        driver.state = state;
        effects.forEach(machine.run);
      }
      isBusy = false;
    },
  };
  return driver;
}
