/** Draws a suite's figures as bars, in SVG that reads on light and dark pages alike. */
import type { Row } from "./bench.ts";

const width = 760;
const barHeight = 20;
const gap = 10;
const labelWidth = 230;
const valueWidth = 150;
const top = 44;
const colours = { ours: "#2f7ed8", bare: "#8a8f98", peer: "#d9822b" } as const;

/** One figure of all rows as horizontal bars, with the least and the most of the samples as whiskers. */
export function barsOf(title: string, column: string, rows: readonly Row[]): string {
  const shown = rows.flatMap(({ name, figures }) => {
    const figure = figures[column];
    return figure === undefined || !Number.isFinite(figure.median) ? [] : [{ name, figure }];
  });
  const most = Math.max(...shown.map(({ figure }) => figure.max), Number.MIN_VALUE);
  const scale = (value: number): number => (Math.max(0, value) / most) * (width - labelWidth - valueWidth);
  const height = top + shown.length * (barHeight + gap) + 8;
  const bars = shown.map(({ name, figure }, index) => {
    const y = top + index * (barHeight + gap);
    const middle = y + barHeight / 2;
    const [low, high, end] = [figure.min, figure.max, figure.median].map(
      (value) => labelWidth + scale(value),
    );
    return [
      `<text x="${labelWidth - 10}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${labelWidth}" y="${y}" width="${fixed(scale(figure.median))}" height="${barHeight}" fill="${colourOf(name)}"/>`,
      `<path d="M${fixed(low)} ${middle}H${fixed(high)}M${fixed(low)} ${middle - 5}v10M${fixed(high)} ${middle - 5}v10" class="whisker"/>`,
      `<text x="${fixed(Math.max(end ?? 0, high ?? 0) + 8)}" y="${middle + 4}">${numeral(figure.median)}</text>`,
    ].join("\n");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(`${title}: ${column}`)}">`,
    "<style>text{font:13px system-ui,sans-serif;fill:#333}.title{font-weight:600;font-size:14px}.whisker{stroke:#333;fill:none}@media(prefers-color-scheme:dark){text{fill:#ddd}.whisker{stroke:#ddd}}</style>",
    `<text x="10" y="22" class="title">${escaped(`${title}: ${column}`)}</text>`,
    ...bars,
    "</svg>",
    "",
  ].join("\n");
}

/** A number for people: grouped in thousands when it is large. */
export function numeral(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en-GB");
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function colourOf(name: string): string {
  if (/hereabouts|^ledger/.test(name)) return colours.ours;
  return /bare|map of maps/.test(name) ? colours.bare : colours.peer;
}

function fixed(value: number | undefined): string {
  return (value ?? 0).toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
