/** What filters see of items. */
import type { FilterInput } from "../filter/evaluate.ts";
import type { Item } from "../model/outcome.ts";
import { presenceMetadata, presencePayload } from "./encode-presence.ts";

/** What a filter sees of an item, parsed at the first look and kept with the item, which many subscribers share. */
export function filterInput(item: Item): FilterInput {
  const known = inputs.get(item);
  if (known !== undefined) return known;
  const input = lazyInput(item);
  inputs.set(item, input);
  return input;
}

const inputs = new WeakMap<Item, FilterInput>();

function lazyInput(item: Item): FilterInput {
  let meta: { readonly value: unknown } | undefined;
  let data: { readonly value: unknown } | undefined;
  return {
    get meta(): unknown {
      meta ??= { value: parsed(metaText(item)) };
      return meta.value;
    },
    get data(): unknown {
      data ??= { value: parsed(dataText(item)) };
      return data.value;
    },
  };
}

function metaText(item: Item): string | undefined {
  if (item.kind !== "presence") return item.meta;
  return item.metadata ? presenceMetadata(item.event) : undefined;
}

function dataText(item: Item): string {
  return item.kind === "presence" ? presencePayload(item.event) : item.payload;
}

/** The texts were checked when they came in; deep ones may still be too deep for another parser's stack. */
function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
