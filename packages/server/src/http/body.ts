/** The body of a publish: told apart by its first bytes, decompressed within bounds, decoded as strict UTF-8. */
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import { bodyBytesMax } from "@hereabouts/protocol";

/** A body's text, or why there is none. */
export type Body =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: "too-large" | "unreadable" };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
const inflateAsync = promisify(inflate);
const gunzipAsync = promisify(gunzip);

/**
 * Reads a body. Clients label zlib bytes as gzip and plain bytes as deflate, so the label says nothing: the first
 * bytes do (wire specification § 1.2). No JSON text begins like either.
 */
export async function readBody(bytes: Uint8Array): Promise<Body> {
  if (bytes.length > bodyBytesMax) return { ok: false, problem: "too-large" };
  try {
    const plain = await decompress(bytes);
    return { ok: true, text: decoder.decode(plain) };
  } catch (error) {
    const isTooLarge =
      error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return { ok: false, problem: isTooLarge ? "too-large" : "unreadable" };
  }
}

async function decompress(bytes: Uint8Array): Promise<Uint8Array> {
  const options = { maxOutputLength: bodyBytesMax };
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipAsync(bytes, options);
  if (isZlib(bytes)) return inflateAsync(bytes, options);
  return bytes;
}

/** A zlib header as every common encoder writes it (32 KiB window) and whose check digits are right (RFC 1950). */
function isZlib(bytes: Uint8Array): boolean {
  const [method, flags] = bytes;
  return method === 0x78 && flags !== undefined && ((method << 8) | flags) % 31 === 0;
}
