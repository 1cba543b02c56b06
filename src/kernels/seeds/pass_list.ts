/**
 * Backward passes that follow each other, in linear memory: two words, then a record of four words for each pass.
 * Offsets in bytes; `next` and `end` are of the list, the others of a record.
 */
export const passList = {
  /** Address of the record of the next pass; reset to `records` it starts over. */
  next: 0,
  /** Address past the last record. */
  end: 4,
  records: 8,
  /** The first of the pass's classes in the list of all, and how many there are. */
  first: 0,
  count: 4,
  /** Lanes in memory. */
  stride: 8,
  /** Where on the tape the pass begins. */
  target: 12,
  bytes: 16,
} as const;
