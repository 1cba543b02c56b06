/**
 * What distinguishes the published spellings of DeepFool. Every profile shares the loop
 *
 *     r = 0, i = 0
 *     while argmax f(x_i) = k0 and i < steps:  r += step at x_i;  i += 1;  x_i = point(r)
 *
 * and differs in the point, in two additive constants, and in the precision of r.
 *
 * - `paper`: arXiv:1511.04599, Algorithm 2. The point is x0 + r; the overshoot is applied once, at the end.
 * - `lts4`: LTS4/universal, `python/deepfool.py`. The point is x0 + (1 + overshoot) r, float64 r.
 * - `lts4-torch`: LTS4/DeepFool, `Python/deepfool.py`. As `lts4`, with 1e-4 added to the distance that is
 *   stepped (not to the distances that are compared) and r rounded to float32 after every step.
 * - `foolbox`: foolbox 3.3, `attacks/deepfool.py`. As `lts4`, with 1e-8 added to every norm, 1e-4 added to the
 *   distance that is stepped, and the point clipped to the bounds of valid pixels; r itself is never clipped.
 */
export interface ProfileRules {
  /** The point where the network is linearised and the stop test sits is x0 + (1 + overshoot) r; else x0 + r. */
  readonly overshootsEachStep: boolean;
  /** Added to the distance that is stepped, in the units of the pixels. */
  readonly distanceOffset: number;
  /** Added to the norm of w, in comparison and in the step. */
  readonly normOffset: number;
  /** r is rounded to float32 after every step. */
  readonly roundsPerturbation: boolean;
  /** Iterates are clipped to the engine's range unless other bounds are given. */
  readonly clipsByDefault: boolean;
  /** Default number of candidate classes. */
  readonly candidates: number | "all";
}

export const PROFILE_NAMES = ["lts4", "lts4-torch", "foolbox", "paper"] as const;

export type ProfileName = (typeof PROFILE_NAMES)[number];

const lts4: ProfileRules = {
  overshootsEachStep: true,
  distanceOffset: 0,
  normOffset: 0,
  roundsPerturbation: false,
  clipsByDefault: false,
  candidates: 10,
};

export const PROFILES: Readonly<Record<ProfileName, ProfileRules>> = {
  paper: { ...lts4, overshootsEachStep: false, candidates: "all" },
  lts4,
  "lts4-torch": { ...lts4, distanceOffset: 1e-4, roundsPerturbation: true },
  foolbox: { ...lts4, distanceOffset: 1e-4, normOffset: 1e-8, clipsByDefault: true },
};
