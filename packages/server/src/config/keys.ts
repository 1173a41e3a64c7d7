/** What subscribe and publish keys may look like. */

/** Characters in a subscribe or publish key. */
export const keyCharactersMax = 92;

/** Why a text cannot be a subscribe or publish key, or `undefined` when it can. Keys stand in paths and lists. */
export function keyProblem(text: string): string | undefined {
  const characters = [...text].length;
  if (characters === 0) return "is empty";
  if (characters > keyCharactersMax) return `has ${characters} characters, more than ${keyCharactersMax}`;
  if (text.includes("/")) return "contains a slash";
  if (text.includes(",")) return "contains a comma";
  if (/\s/u.test(text)) return "contains white space";
  if (/\p{Cc}/u.test(text)) return "contains a control character";
  return undefined;
}
