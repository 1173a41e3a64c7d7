/** Which of a cluster's 16384 slots a key falls into. */

/** How many slots a cluster has. */
export const slotCount = 16_384;

const table: Uint16Array = createTable();
const encoder = new TextEncoder();

/** The slot of a key: of what its first `{…}` holds, where that is not empty, else of all of it. */
export function slotOf(key: string): number {
  const open = key.indexOf("{");
  const close = open < 0 ? -1 : key.indexOf("}", open + 1);
  return crc16(close > open + 1 ? key.slice(open + 1, close) : key) % slotCount;
}

/** The CRC-16 that clusters use (XMODEM), of the text's UTF-8. */
function crc16(text: string): number {
  let crc = 0;
  for (const byte of encoder.encode(text)) crc = ((crc << 8) & 0xffff) ^ (table[(crc >>> 8) ^ byte] ?? 0);
  return crc;
}

function createTable(): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    return crc & 0xffff;
  });
}
