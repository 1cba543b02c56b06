/** Bytes of an entry, a multiple of 16. */
const ENTRY_BYTES = 32;

/**
 * How the channels of a pixel are spread over its outputs, `multiplier` outputs each: for every four outputs the pattern
 * by which 16 bytes of the pixel fill four lanes (16 bytes), then where those 16 begin (4 bytes). If `outputs` is not a
 * multiple of 4, the last entry is that of the last four.
 */
export function spreadTable(outputs: number, multiplier: number): Uint8Array {
  const entries = Math.ceil(outputs / 4);
  const table = new DataView(new ArrayBuffer(entries * ENTRY_BYTES));
  for (let entry = 0; entry < entries; entry++) {
    const first = Math.max(0, Math.min(4 * entry, outputs - 4));
    const channel = Math.floor(first / multiplier);
    for (let lane = 0; lane < 4; lane++)
      for (let byte = 0; byte < 4; byte++) {
        const from = 4 * (Math.floor((first + lane) / multiplier) - channel) + byte;
        table.setUint8(entry * ENTRY_BYTES + 4 * lane + byte, from);
      }
    table.setInt32(entry * ENTRY_BYTES + 16, 4 * channel, true);
  }
  return new Uint8Array(table.buffer);
}
