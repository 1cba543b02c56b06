import type { Compiled } from "unifool";
import type { Part } from "./protocol.js";

/** Images `[N][H][W][C]` of 0 to 255, and what the network says of them. */
export interface Judged {
  readonly images: Float32Array;
  readonly count: number;
  readonly labels: Int32Array;
  readonly confidences: Float32Array;
}

/** What the worker holds from one question to the next. */
export class Session {
  engine: Compiled | undefined;
  classNames: readonly string[] = [];
  images: Readonly<Record<Part, Judged>> | undefined;
  /** The perturbation crafted last. */
  v: Float32Array | undefined;
  /** The class that v aims at; undefined: any other than an image's own. */
  target: number | undefined;
  /** Image + v is clipped to what a picture can show. */
  clip = true;

  /** @throws where no model is open */
  get net(): Compiled {
    if (!this.engine) throw new Error("There is no model yet: choose one first.");
    return this.engine;
  }

  /** @throws where no images are loaded */
  part(part: Part): Judged {
    if (!this.images) throw new Error("There are no images yet: choose some first.");
    return this.images[part];
  }

  /** @throws where nothing has been crafted */
  get perturbation(): Float32Array {
    if (!this.v) throw new Error("There is no perturbation yet: craft one first.");
    return this.v;
  }

  /** Without a name, its number. */
  className(label: number): string {
    return this.classNames[label] ?? `class ${label}`;
  }

  /** Forgets all that belongs to a model. */
  close(): void {
    this.engine?.dispose();
    this.engine = undefined;
    this.images = undefined;
    this.v = undefined;
    this.classNames = [];
  }
}

/** Image n of many. */
export function imageOf(images: Float32Array, size: number, n: number): Float32Array {
  return images.subarray(n * size, (n + 1) * size);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** First image + strength * v and so on, clipped to 0 to 255 where asked. */
export function shifted(
  images: Float32Array,
  v: Float32Array,
  strength: number,
  clip: boolean,
): Float32Array {
  const out = images.slice();
  for (let i = 0; i < out.length; i++) {
    const value = images[i] + strength * v[i % v.length];
    out[i] = clip ? Math.min(255, Math.max(0, value)) : value;
  }
  return out;
}
