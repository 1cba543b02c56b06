import {
  block,
  br,
  br_if,
  Const,
  call,
  call_indirect,
  type Dependency,
  drop,
  func,
  global,
  i32,
  i64,
  if_,
  type Local,
  local,
  loop,
  memory,
  return_,
  select,
} from "wasmati";

/**
 * The tape runner. An entry is `[kernel index, tiles, bytes to the next entry, next tile, fields...]`.
 *
 * With several threads every thread walks the same tape: it takes chunks of an entry's tiles from the entry's
 * counter until none is left, then waits for the others at a barrier. The last to arrive resets the counter,
 * so a tape is always ready to run again.
 *
 * The control block: arrivals (i32) at 0, barrier epoch (i64) at 8, command epoch (i64) at 16, the commanded
 * tape's begin and end at 24 and 28, sleeping threads (i32) at 32. Epochs only grow. Waiting threads spin for a while
 * (a barrier lasts microseconds), then sleep; where none sleeps, nobody is woken.
 */
const [ARRIVALS, BARRIER, COMMAND, BEGIN, END, SLEEPERS] = [0, 8, 16, 24, 28, 32];
/** Fields start after the header. */
const HEADER_BYTES = 16;
/**
 * Polls before a thread sleeps, at 0.4 nanoseconds each, where waking it takes some ten microseconds: at most and at
 * least. In between they double when what was waited for comes in time, and lose a quarter when it does not, as where
 * other work has the processors: then threads that spin would only keep those from running that they wait for.
 */
const [MOST_SPINS, LEAST_SPINS] = [131072, 8192];
/** Of this thread. */
const patience = global(Const.i32(LEAST_SPINS), { mutable: true });
/**
 * A chunk is this part of a thread's share of the tiles that are left: large chunks at first, which keep neighbours
 * together, single tiles at the end, where threads would wait for one that has a long way to go.
 */
const PARTS = 2;

const kernelType = { in: [i32, i32, i32], out: [] };

/** `run(begin, end)` on the calling thread. */
export function runner(table: Dependency.Table): Dependency.Func {
  return func({ in: [i32, i32], locals: [], out: [] }, ([entry, end]) => {
    loop(null, (top) => {
      i32.add(entry, HEADER_BYTES);
      i32.const(0);
      i32.load({ offset: 4 }, entry);
      i32.load({ offset: 0 }, entry);
      call_indirect(table, kernelType);
      i32.add(entry, i32.load({ offset: 8 }, entry));
      local.set(entry);
      i32.lt_u(entry, end);
      br_if(top);
    });
  }) as unknown as Dependency.Func;
}

/** `share(begin, end, control, threads)`: one thread's part of a tape. */
function sharer(table: Dependency.Table): Dependency.Func {
  return func(
    { in: [i32, i32, i32, i32], locals: [i32, i32, i32, i64], out: [] },
    ([entry, end, control, threads], [tiles, chunk, tile, epoch]) => {
      loop(null, (nextEntry) => {
        local.set(tiles, i32.load({ offset: 4 }, entry));
        block(null, (done) => {
          loop(null, (again) => {
            // Others may take tiles between this look and the take: then the chunk is a little larger than its share.
            i32.atomic.load({ offset: 12 }, entry);
            local.tee(tile);
            local.get(tiles);
            i32.ge_u();
            br_if(done);
            i32.sub(tiles, tile);
            i32.mul(threads, PARTS);
            i32.div_u();
            i32.const(1);
            i32.add();
            local.set(chunk);
            i32.atomic.rmw.add({ offset: 12 }, entry, chunk);
            local.tee(tile);
            local.get(tiles);
            i32.ge_u();
            br_if(done);
            i32.add(entry, HEADER_BYTES);
            local.get(tile);
            // min(tile + chunk, tiles)
            i32.add(tile, chunk);
            local.get(tiles);
            i32.lt_u(i32.add(tile, chunk), tiles);
            select();
            i32.load({ offset: 0 }, entry);
            call_indirect(table, kernelType);
            br(again);
          });
        });
        // The epoch is read before arriving: it cannot move until everyone has arrived.
        local.set(epoch, i64.atomic.load({ offset: BARRIER }, control));
        i32.atomic.rmw.add({ offset: ARRIVALS }, control, 1);
        i32.const(1);
        i32.add();
        local.get(threads);
        i32.eq();
        if_(
          null,
          () => {
            i32.atomic.store({ offset: 12 }, entry, 0);
            i32.atomic.store({ offset: ARRIVALS }, control, 0);
            advance(control, BARRIER, threads);
          },
          () => awaitChange(control, BARRIER, epoch, tile),
        );
        i32.add(entry, i32.load({ offset: 8 }, entry));
        local.set(entry);
        i32.lt_u(entry, end);
        br_if(nextEntry);
      });
    },
  ) as unknown as Dependency.Func;
}

/** `lead(begin, end, control, threads)` and `follow(control, threads)`; see `KernelExports`. */
export function threadedRunners(table: Dependency.Table): { lead: Dependency.Func; follow: Dependency.Func } {
  const share = sharer(table);
  const lead = func({ in: [i32, i32, i32, i32], locals: [], out: [] }, ([begin, end, control, threads]) => {
    i32.store({ offset: BEGIN }, control, begin);
    i32.store({ offset: END }, control, end);
    advance(control, COMMAND, threads);
    call(share as never, [begin, end, control, threads] as never);
  });
  const follow = func({ in: [i32, i32], locals: [i64, i32], out: [] }, ([control, threads], [seen, spin]) => {
    loop(null, (again) => {
      awaitChange(control, COMMAND, seen, spin);
      local.set(seen, i64.add(seen, 1n));
      i32.eqz(i32.load({ offset: BEGIN }, control));
      if_(null, () => return_());
      i32.load({ offset: BEGIN }, control);
      i32.load({ offset: END }, control);
      local.get(control);
      local.get(threads);
      call(share as never);
      br(again);
    });
  });
  return { lead: lead as unknown as Dependency.Func, follow: follow as unknown as Dependency.Func };
}

/** Moves an epoch on and wakes who sleeps on it: a sleeper counts itself before it looks at the epoch again. */
function advance(control: Local<"i32">, cell: number, threads: Local<"i32">): void {
  i64.atomic.rmw.add({ offset: cell }, control, 1n);
  drop();
  i32.atomic.load({ offset: SLEEPERS }, control);
  if_(null, () => {
    memory.atomic.notify({ offset: cell }, control, threads);
    drop();
  });
}

/** Returns once the epoch differs from `old`. */
function awaitChange(control: Local<"i32">, cell: number, old: Local<"i64">, spin: Local<"i32">): void {
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
