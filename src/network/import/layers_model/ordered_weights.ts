import { type Shape, sizeOf } from "../../spec.js";
import { float32Of, type Weight } from "../manifest.js";
import type { WeightRequest, WeightSource } from "./weights.js";

/** Notes what layers ask for, and gives them zeros. */
export class RecordedWeights implements WeightSource {
  readonly #requests: WeightRequest[] = [];

  take(request: WeightRequest): Float32Array {
    this.#requests.push(request);
    return new Float32Array(sizeOf(request.shape));
  }

  shapeOf(): Shape | undefined {
    return undefined;
  }

  checkAllTaken(): void {}

  /**
   * The weights in the order of layers, each layer's in the order of its own, where as many of the same shapes are
   * needed: files whose names say nothing (`ReadVariableOp_3528`, `kernel` twice) are in this order.
   */
  matched(weights: readonly Weight[]): WeightSource | undefined {
    const places = new Map([...new Set(this.#requests.map(keyOf))].map((key, place) => [key, place]));
    const placeOf = (request: WeightRequest) => places.get(keyOf(request))!;
    const wanted = [...this.#requests].sort((a, b) => placeOf(a) - placeOf(b) || a.index - b.index);
    const fits =
      wanted.length === weights.length &&
      wanted.every(({ shape }, i) => shape.join() === weights[i].shape.join());
    if (!fits) return undefined;
    const found = new Map(wanted.map((request, i) => [`${keyOf(request)} ${request.index}`, weights[i]]));
    const find = (request: Omit<WeightRequest, "shape">) => found.get(`${keyOf(request)} ${request.index}`);
    return {
      take: (request) => float32Of(find(request)!),
      shapeOf: (request) => find(request)?.shape,
      checkAllTaken() {},
    };
  }
}

function keyOf({ path }: Omit<WeightRequest, "shape">): string {
  return JSON.stringify(path);
}
