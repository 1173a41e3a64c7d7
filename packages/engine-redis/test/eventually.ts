/** Waits for what comes about by itself. */

/** Waits, in real time, until something holds. Fails after ten seconds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`It did not come about that ${what}.`);
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}
