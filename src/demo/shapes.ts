/**
 * Signed distances to plane shapes: negative inside, positive outside, in the units of the coordinates.
 * x points right, y points down. Intersection of shapes is the maximum, union the minimum, difference
 * `max(a, -b)`.
 */
import { clamp, length } from "./exact_maths.js";

export function circle(x: number, y: number, cx: number, cy: number, radius: number): number {
  return length(x - cx, y - cy) - radius;
}

/** Ellipse with its axes `rx` and `ry` turned by the angle whose cosine and sine are given (approximate). */
export function ellipse(
  x: number,
  y: number,
  cx: number,
  cy: number,
  rx: number,
  ry: number,
  cosine = 1,
  sine = 0,
): number {
  const dx = x - cx;
  const dy = y - cy;
  const u = dx * cosine + dy * sine;
  const v = dy * cosine - dx * sine;
  const k = length(u / rx, v / ry);
  const g = length(u / (rx * rx), v / (ry * ry));
  return g === 0 ? -Math.min(rx, ry) : (k * (k - 1)) / g;
}

/** Axis-aligned box given by its centre and half sizes, corners rounded by `radius`. */
export function box(
  x: number,
  y: number,
  cx: number,
  cy: number,
  hx: number,
  hy: number,
  radius = 0,
): number {
  const dx = Math.abs(x - cx) - hx + radius;
  const dy = Math.abs(y - cy) - hy + radius;
  return length(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
}

/** A line from a to b whose half width goes from `ra` to `rb`. */
export function stroke(
  x: number,
  y: number,
  ax: number,
  ay: number,
  bx: number,
  by: number,
  ra: number,
  rb = ra,
): number {
  const px = x - ax;
  const py = y - ay;
  const ex = bx - ax;
  const ey = by - ay;
  const t = clamp((px * ex + py * ey) / (ex * ex + ey * ey), 0, 1);
  return length(px - t * ex, py - t * ey) - (ra + (rb - ra) * t);
}

/** Convex polygon, vertices `[x0, y0, x1, y1, ...]` clockwise as seen on the screen (exact only near edges). */
export function polygon(x: number, y: number, vertices: readonly number[]): number {
  let d = -1e9;
  let ax = vertices[vertices.length - 2];
  let ay = vertices[vertices.length - 1];
  for (let i = 0; i < vertices.length; i += 2) {
    const bx = vertices[i];
    const by = vertices[i + 1];
    const ex = bx - ax;
    const ey = by - ay;
    d = Math.max(d, ((x - ax) * ey - (y - ay) * ex) / length(ex, ey));
    ax = bx;
    ay = by;
  }
  return d;
}

/** Union with the joint rounded over a width of about `k`. */
export function joined(a: number, b: number, k: number): number {
  const h = Math.max(k - Math.abs(a - b), 0) / k;
  return Math.min(a, b) - h * h * k * 0.25;
}
