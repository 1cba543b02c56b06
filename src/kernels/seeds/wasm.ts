import {
  ifThen,
  kernel,
  loadF32,
  loadI32,
  splat,
  storeF32,
  storeI32,
  storeV,
  whileDo,
} from "../wasm/assembler.js";
import { passList } from "./pass_list.js";

/**
 * Prepares the next backward pass of a list, and jumps to it, or to `done` after the last:
 *
 *   seeds[c][k] = (c = list[first + k]) - (c = *base)     0 <= c < classes, 0 <= k < stride, zeros from `count` on
 *
 * and writes the sorted set of seeded classes to `candidates`, its first and end address to `bounds`. `base` 0:
 * nothing is subtracted. `passes` is a pass list (`pass_list.ts`). Exact. Tiles: one.
 */
export const seedPass = kernel(
  "seed_pass",
  ["passes", "list", "base", "classes", "seeds", "candidates", "bounds", "done"],
  ({ field, locals, jump }) => {
    const [passes, list, base, classes] = [field("passes"), field("list"), field("base"), field("classes")];
    const [seeds, candidates, bounds] = [field("seeds"), field("candidates"), field("bounds")];
    const target = locals.i32(field("done"));
    const [pass, pitch, from, end, at, c, to] = Array.from({ length: 7 }, () => locals.i32());

    const insert = (): void => {
      at.set(candidates);
      whileDo(
        () => at.ltU(end).and(loadI32(at).ltU(c)),
        () => at.set(at.add(4)),
      );
      ifThen(at.eq(end).or(loadI32(at).ne(c)), () => {
        to.set(end);
        whileDo(
          () => to.gtU(at),
          () => {
            storeI32(to, loadI32(to.sub(4)));
            to.set(to.sub(4));
          },
        );
        storeI32(at, c);
        end.set(end.add(4));
      });
    };
    const addTo = (sum: number): void => {
      to.set(at.add(c.mul(pitch)));
      storeF32(to, loadF32(to).add(sum));
    };

    pass.set(loadI32(passes, passList.next));
    ifThen(pass.ltU(loadI32(passes, passList.end)), () => {
      target.set(loadI32(pass, passList.target));
      pitch.set(loadI32(pass, passList.stride).shl(2));
      to.set(seeds);
      whileDo(
        () => to.ltU(seeds.add(classes.mul(pitch))),
        () => {
          storeV(to, splat(0));
          to.set(to.add(16));
        },
      );
      end.set(candidates);
      ifThen(base, () => {
        c.set(loadI32(base));
        insert();
      });
      from.set(list.add(loadI32(pass, passList.first).shl(2)));
      const [k, count] = [locals.i32(0), locals.i32(loadI32(pass, passList.count))];
      whileDo(
        () => k.ltU(count),
        () => {
          c.set(loadI32(from.add(k.shl(2))));
          insert();
          at.set(seeds.add(k.shl(2)));
          addTo(1);
          ifThen(base, () => {
            c.set(loadI32(base));
            addTo(-1);
          });
          k.set(k.add(1));
        },
      );
      storeI32(bounds, candidates);
      storeI32(bounds, end, 4);
      storeI32(passes, pass.add(passList.bytes), passList.next);
    });
    jump(target);
  },
);
