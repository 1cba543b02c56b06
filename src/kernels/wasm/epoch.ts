import {
  block,
  br,
  br_if,
  Const,
  drop,
  global,
  i32,
  i64,
  if_,
  type Local,
  local,
  loop,
  memory,
  select,
} from "wasmati";
import { SLEEPERS } from "./control.js";

/*
 * How threads wait for each other: for an epoch of the control block to move on. They spin for a while (a barrier
 * lasts microseconds), then sleep; where none sleeps, nobody is woken.
 */

/**
 * Polls before a thread sleeps, at 0.4 nanoseconds each, where waking it takes some ten microseconds: at most and at
 * least. In between they double when what was waited for comes in time, and lose a quarter when it does not, as where
 * other work has the processors: then threads that spin would only keep those from running that they wait for.
 */
const [MOST_SPINS, LEAST_SPINS] = [131072, 8192];
/** Of this thread. */
const patience = global(Const.i32(LEAST_SPINS), { mutable: true });

/** Moves an epoch on and wakes who sleeps on it: a sleeper counts itself before it looks at the epoch again. */
export function advance(control: Local<"i32">, cell: number, threads: Local<"i32">): void {
  i64.atomic.rmw.add({ offset: cell }, control, 1n);
  drop();
  i32.atomic.load({ offset: SLEEPERS }, control);
  if_(null, () => {
    memory.atomic.notify({ offset: cell }, control, threads);
    drop();
  });
}

/** Returns once the epoch differs from `old`. */
export function awaitChange(
  control: Local<"i32">,
  cell: number,
  old: Local<"i64">,
  spin: Local<"i32">,
): void {
  const differs = (): unknown => i64.ne(i64.atomic.load({ offset: cell }, control), old);
  local.set(spin, global.get(patience));
  block(null, (changed) => {
    loop(null, (again) => {
      differs();
      if_(null, () => {
        setPatience(
          () => i32.mul(global.get(patience), 2),
          MOST_SPINS,
          () => i32.lt_u(),
        );
        br(changed);
      });
      local.set(spin, i32.sub(spin, 1));
      local.get(spin);
      br_if(again);
    });
    setPatience(
      () => i32.shr_u(i32.mul(global.get(patience), 3), 2),
      LEAST_SPINS,
      () => i32.gt_u(),
    );
    loop(null, (asleep) => {
      i32.atomic.rmw.add({ offset: SLEEPERS }, control, 1);
      drop();
      memory.atomic.wait64({ offset: cell }, control, old, -1n);
      drop();
      i32.atomic.rmw.sub({ offset: SLEEPERS }, control, 1);
      drop();
      i64.eq(i64.atomic.load({ offset: cell }, control), old);
      br_if(asleep);
    });
  });
}

/** Sets it to a new value, or to a bound where the value is not `inside`. */
function setPatience(value: () => unknown, bound: number, inside: () => unknown): void {
  value();
  i32.const(bound);
  value();
  i32.const(bound);
  inside();
  select();
  global.set(patience);
}
