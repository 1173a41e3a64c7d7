/** The part of `node:assert/strict` that the client's scenarios use, for a page, where there is no Node. */

/** Throws unless a value is true in spirit. */
function assert(value: unknown, message = `${show(value)} is not so.`): asserts value {
  if (!value) throw new Error(message);
}

assert.equal = (actual: unknown, expected: unknown): void => {
  assert(Object.is(actual, expected), `${show(actual)} is not ${show(expected)}.`);
};

assert.deepEqual = (actual: unknown, expected: unknown): void => {
  assert(isDeepEqual(actual, expected), `${show(actual)} is not like ${show(expected)}.`);
};

assert.match = (actual: string, pattern: RegExp): void => {
  assert(pattern.test(actual), `${show(actual)} does not match ${pattern}.`);
};

/** The promise has to reject with something that has these properties. */
assert.rejects = async (
  promise: Promise<unknown>,
  expected: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const thrown: unknown = await promise.then(
    (value) => {
      throw new Error(`It did not reject, but resolved with ${show(value)}.`);
    },
    (reason: unknown) => reason,
  );
  for (const [name, value] of Object.entries(expected)) {
    const actual: unknown = Reflect.get(Object(thrown), name);
    assert(
      isDeepEqual(actual, value),
      `${name} of ${String(thrown)} is ${show(actual)}, not ${show(value)}.`,
    );
  }
};

/** Equal in every part, as values without prototypes of their own are. */
export function isDeepEqual(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const [names, others] = [Object.keys(left), Object.keys(right)];
  return (
    names.length === others.length &&
    names.every(
      (name) => Object.hasOwn(right, name) && isDeepEqual(Reflect.get(left, name), Reflect.get(right, name)),
    )
  );
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_name, part: unknown) => (part === undefined ? "(undefined)" : part)) ??
    String(value)
  );
}

export default assert;
