import { describe, expect, test } from "vitest";
import { countImages } from "../../src/engines/arguments.js";
import { InvalidArgumentError } from "../../src/errors.js";

const LARGEST = 3.4028234663852886e38;

describe.each([1, 3, 4, 5, 8, 11])("%i values", (length) => {
  test.each([NaN, Infinity, -Infinity])("%d is found wherever it is, and named", (wrong) => {
    for (let at = 0; at < length; at++) {
      const images = new Float32Array(length).fill(0.5);
      images[at] = wrong;
      const count = () => countImages("logits", images, [1, 1, 1]);
      expect(count).toThrow(InvalidArgumentError);
      expect(count).toThrow(`logits: images[${at}] is ${wrong} (image ${at}), expected finite values`);
    }
  });

  test("everything finite passes", () => {
    for (const value of [LARGEST, -LARGEST, 1e-45, -0, 0])
      expect(countImages("logits", new Float32Array(length).fill(value), [1, 1, 1])).toBe(length);
  });
});
