import {
  type I32,
  ifThen,
  type KernelSource,
  kernel,
  type Locals,
  loadF32,
  loadI32,
  storeI32,
  type Variable,
  whileDo,
} from "../wasm/assembler.js";

/** A walk over scores in falling order, ties by rising class; NaN counts as -infinity. */
function ranking(locals: Locals, scores: I32, classes: I32) {
  const [c, next] = [locals.i32(), locals.i32()];
  const [value, best, last] = [locals.f32(), locals.f32(), locals.f32()];
  const lastClass = locals.i32();
  return {
    /** Before the first class. */
    reset(): void {
      lastClass.set(-1);
      last.set(Number.POSITIVE_INFINITY);
    },
    /** Steps to the next class, and sets `next` to it. */
    advance(): Variable<I32> {
      next.set(-1);
      c.set(0);
      whileDo(
        () => c.ltU(classes),
        () => {
          value.set(loadF32(scores.add(c.shl(2))));
          // NaN is the only value that differs from itself.
          ifThen(value.eq(value).eqz(), () => value.set(Number.NEGATIVE_INFINITY));
          const later = value.lt(last).or(value.eq(last).and(lastClass.ltS(c)));
          ifThen(later.and(next.ltS(0).or(value.gt(best))), () => {
            best.set(value);
            next.set(c);
          });
          c.set(c.add(1));
        },
      );
      last.set(best);
      lastClass.set(next);
      return next;
    },
  };
}

/**
 * `top[k]`, 0 <= k < count: the classes of the largest `logits`, as `topClasses` of `reference.ts`; or, where `label`
 * is not 0, the class at that address and then the largest others, as `candidatesFor`. `count` is the address of the
 * number. One pass over the logits for each. Tiles: one.
 */
export const topClasses: KernelSource = kernel(
  "top_classes",
  ["logits", "classes", "label", "count", "top"],
  ({ field, locals }) => {
    const [logits, classes, label, to] = [field("logits"), field("classes"), field("label"), field("top")];
    const left = locals.i32(loadI32(field("count")));
    const skipped = locals.i32(-1);
    const classAfter = ranking(locals, logits, classes);
    const put = (c: I32): void => {
      storeI32(to, c);
      to.set(to.add(4));
      left.set(left.sub(1));
    };
    ifThen(label, () => {
      skipped.set(loadI32(label));
      put(skipped);
    });
    classAfter.reset();
    whileDo(
      () => left.ne(0),
      () => {
        const next = classAfter.advance();
        ifThen(next.ne(skipped), () => put(next));
      },
    );
  },
);
