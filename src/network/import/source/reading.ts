import type { Tell } from "../../progress.js";

/** Adds up what is read of a model's files, and tells it. */
export class Reading {
  private done = 0;
  private total: number | undefined;

  constructor(private readonly tell: Tell | undefined) {}

  /** So many bytes more are to come. */
  expect(bytes: number): void {
    this.total = (this.total ?? this.done) + bytes;
  }

  /** So many bytes more are there. */
  add(bytes: number): void {
    this.done += bytes;
    // What nobody could say of a file before it came makes the rest a guess.
    if (this.total !== undefined && this.total < this.done) this.total = undefined;
    this.tell?.("read", this.done, this.total);
  }

  /** Nothing more is to come; what was read becomes a network now. */
  end(): void {
    if (this.done > 0) this.tell?.("read", this.done, this.done);
    this.tell?.("import", 0, 1);
  }
}
