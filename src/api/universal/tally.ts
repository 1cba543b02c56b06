/** Images that count, and how many of them are fooled. */
export interface Tally {
  readonly counted: number;
  readonly fooled: number;
}
