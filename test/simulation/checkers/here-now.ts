/** At quiet moments here now, at every node, says what the events come to; where now says the same of each user. */
import type { Checker, Picture, Problem } from "../history.ts";
import { difference, emptyFold, type Folded, foldAll } from "./fold.ts";

const checker = "here-now";

/** Compares every picture with the events; when everybody has gone, nobody may be left. */
export const hereNow: Checker = ({ entries, quiets }) =>
  quiets.flatMap((quiet) => {
    const folded = foldAll(entries.slice(0, quiet.entries));
    const pictures = [...quiet.hereNow, ...quiet.engine].flatMap((picture) =>
      faultsOf(picture, folded.get(picture.channel) ?? emptyFold()),
    );
    const wheres = [...quiet.whereNow].flatMap(([user, said]) => {
      const right = [...folded].filter(([, { users }]) => users.has(user)).map(([channel]) => channel);
      const [is, should] = [said.toSorted().join(" "), right.toSorted().join(" ")];
      return is === should ? [] : [`where now of ${user} is [${is}], and its events come to [${should}]`];
    });
    const ghosts =
      quiet === quiets.at(-1)
        ? [...folded].flatMap(([channel, { users }]) =>
            [...users.keys()].map((user) => `${user} haunts ${channel}`),
          )
        : [];
    return [...pictures, ...wheres, ...ghosts].map(
      (message): Problem => ({ checker, step: quiet.step, message }),
    );
  });

function faultsOf({ who, channel, users, occupancy, revision }: Picture, folded: Folded): readonly string[] {
  const differs = difference(users, folded.users);
  const right = `${folded.epoch}/${folded.revision}`;
  const problems: string[] = [];
  if (differs !== undefined) problems.push(`${who} on ${channel}: ${differs}`);
  if (occupancy !== users.size)
    problems.push(`${who} counts ${occupancy} in ${channel}, and lists ${users.size}`);
  if (folded.revision > 0 && revision !== right)
    problems.push(`${who} on ${channel}: ${revision}, not ${right}`);
  return problems;
}
