/** Plays rounds: everybody takes a turn in each, in shuffled order; who gives a wrong answer has no score for the round. */
import { randomInt } from "node:crypto";
import { type Bench, type Row, shuffled } from "./bench.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** Who scored what. */
export interface Scores<Sample> {
  /** One sample a round, in the order of rounds; `undefined` where there is no score. */
  of(name: string): readonly (Sample | undefined)[];
  /** Who has no score for which round, and why. */
  readonly noScores: readonly string[];
}

/** How rounds are played. */
export interface Play<Entrant, Sample> {
  readonly rounds: number;
  measure(entrant: Entrant): Promise<Sample>;
  /** A sample in a few words, for whoever watches. */
  show(sample: Sample): string;
}

/** Plays the rounds. A wrong answer costs its round and not the run: what others do is measured all the same. */
export async function playRounds<Entrant extends { readonly name: string }, Sample>(
  bench: Bench,
  entrants: readonly Entrant[],
  { rounds, measure, show }: Play<Entrant, Sample>,
): Promise<Scores<Sample>> {
  const samples = new Map<string, (Sample | undefined)[]>(entrants.map(({ name }) => [name, []]));
  const noScores: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const entrant of shuffled(entrants, randomInt)) {
      const place = `  round ${round}/${rounds}  ${entrant.name.padEnd(34)} `;
      try {
        const sample = await measure(entrant);
        samples.get(entrant.name)?.push(sample);
        bench.say(`${place}${show(sample)}`);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        samples.get(entrant.name)?.push(undefined);
        noScores.push(`${entrant.name}, round ${round}: ${reason.slice(0, 400)}`);
        bench.say(`${place}no score: ${reason}`);
      }
    }
  }
  return { of: (name) => samples.get(name) ?? [], noScores };
}

/** One figure of all rounds that somebody scored in. */
export function figureOf<Sample>(
  scores: Scores<Sample>,
  name: string,
  of: (sample: Sample) => number,
): Spread {
  return spreadOf(scores.of(name).flatMap((sample) => (sample === undefined ? [] : [of(sample)])));
}

/** One figure of somebody over another's, round by round; rounds in which either has no score are left out. */
export function ratioOfFigures<Sample>(
  scores: Scores<Sample>,
  [name, other]: readonly [string, string],
  of: (sample: Sample) => number,
): Spread {
  const theirs = scores.of(other);
  return spreadOf(
    scores.of(name).flatMap((sample, round) => {
      const beside = theirs[round];
      return sample === undefined || beside === undefined ? [] : [of(sample) / of(beside)];
    }),
  );
}

/** A line of the table; somebody without any score has a line without figures. */
export function rowOfScores<Sample>(
  scores: Scores<Sample>,
  name: string,
  figures: Readonly<Record<string, (sample: Sample) => number>>,
  remark = "",
): Row {
  const missed = scores.of(name).filter((sample) => sample === undefined).length;
  const isScored = missed < scores.of(name).length;
  return {
    name,
    figures: Object.fromEntries(
      Object.entries(figures).flatMap(([column, of]) =>
        isScored ? [[column, figureOf(scores, name, of)] as const] : [],
      ),
    ),
    remark: [missed > 0 ? `no score in ${missed} of ${scores.of(name).length} rounds` : "", remark]
      .filter((part) => part !== "")
      .join("; "),
  };
}
