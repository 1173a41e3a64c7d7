/** What is wrong with something read from a disk as a ledger's record: checked once, so that the ledger can believe it. */

type Fields = Readonly<Record<string, unknown>>;

/**
 * What keeps a parsed JSON value from being a `LedgerRecord`, as a clause such as `a seat has no lease`; `undefined`
 * when nothing does. Whether records fit together is checked by restoring them.
 */
export function ledgerRecordProblem(value: unknown): string | undefined {
  if (!isFields(value)) return `a ledger record is ${shown(value)}`;
  if (value.kind === "ledger") return headProblem(value);
  if (value.kind === "channel") return channelProblem(value);
  return `a ledger record is of the unknown kind ${shown(value.kind)}`;
}

function headProblem(head: Fields): string | undefined {
  const problem = instantsProblem(head, ["now", "startsAt"]) ?? countsProblem(head, ["order"]);
  if (problem !== undefined) return problem;
  return Number(head.startsAt) <= Number(head.now) ? undefined : "a ledger starts later than it was dumped";
}

function channelProblem(channel: Fields): string | undefined {
  return (
    namesProblem(channel, ["channel", "epoch"]) ??
    countsProblem(channel, ["revision", "order"]) ??
    instantsProblem(channel, ["forgetAt"]) ??
    listProblem(channel, "seats", seatProblem) ??
    listProblem(channel, "absences", absenceProblem)
  );
}

function seatProblem(seat: unknown): string | undefined {
  if (!isFields(seat)) return `a seat is ${shown(seat)}`;
  const problem =
    namesProblem(seat, ["user"]) ??
    countsProblem(seat, ["order", "timeoutMs"]) ??
    instantsProblem(seat, ["since"]) ??
    stateProblem(seat) ??
    listProblem(seat, "leases", leaseProblem) ??
    (seat.inGrace === undefined ? undefined : listProblem(seat, "inGrace", deviceProblem));
  if (problem !== undefined) return problem;
  if (seat.timeoutMs === 0) return "timeoutMs is 0";
  return Array.isArray(seat.leases) && seat.leases.length === 0 ? "a seat has no lease" : undefined;
}

function absenceProblem(absence: unknown): string | undefined {
  if (!isFields(absence)) return `an absence is ${shown(absence)}`;
  return (
    namesProblem(absence, ["user"]) ??
    countsProblem(absence, ["order"]) ??
    // A user with a state and no debounce has an end at 0, which a clock that went back moves below it.
    instantsProblem(absence, ["stateEndsAt", "debounceEndsAt"]) ??
    stateProblem(absence)
  );
}

function leaseProblem(lease: unknown): string | undefined {
  const isLease =
    Array.isArray(lease) &&
    lease.length === 2 &&
    deviceProblem(lease[0]) === undefined &&
    Number.isSafeInteger(lease[1]);
  return isLease ? undefined : `a lease is ${shown(lease)}`;
}

/** A device's name, or `null` for the unnamed. */
function deviceProblem(device: unknown): string | undefined {
  return device === null || isName(device) ? undefined : `a device is ${shown(device)}`;
}

function listProblem(
  fields: Fields,
  name: string,
  itemProblem: (item: unknown) => string | undefined,
): string | undefined {
  const list = fields[name];
  if (!Array.isArray(list)) return `${name} is ${shown(list)}, not a list`;
  for (const item of list) {
    const problem = itemProblem(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function namesProblem(fields: Fields, names: readonly string[]): string | undefined {
  const wrong = names.find((name) => !isName(fields[name]));
  return wrong === undefined ? undefined : `${wrong} is ${shown(fields[wrong])}, not a name`;
}

function stateProblem({ state }: Fields): string | undefined {
  return state === undefined || isName(state) ? undefined : `state is ${shown(state)}, not a text`;
}

/** Instants may be negative: those of a ledger that was restored by a clock that had gone back. */
function instantsProblem(fields: Fields, names: readonly string[]): string | undefined {
  const wrong = names.find((name) => !Number.isSafeInteger(fields[name]));
  return wrong === undefined ? undefined : `${wrong} is ${shown(fields[wrong])}, not an instant`;
}

/** Counts and spans are whole numbers and not negative. */
function countsProblem(fields: Fields, names: readonly string[]): string | undefined {
  const wrong = names.find((name) => !Number.isSafeInteger(fields[name]) || Number(fields[name]) < 0);
  return wrong === undefined ? undefined : `${wrong} is ${shown(fields[wrong])}, not a count`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0;
}

/** A value as JSON, shortened: a damaged record may be long. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
