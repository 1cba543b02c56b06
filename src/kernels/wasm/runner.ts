import {
  block,
  br,
  br_if,
  call,
  call_indirect,
  type Dependency,
  func,
  i32,
  i64,
  if_,
  type Local,
  local,
  loop,
  return_,
  select,
} from "wasmati";
import { ARRIVALS, BARRIER, BEGIN, COMMAND, END, LINE, TAKEN } from "./control.js";
import { advance, awaitChange } from "./epoch.js";

/**
 * The tape runner. An entry is `[kernel index, tiles, bytes to the next entry, groups, fields...]`.
 *
 * With several threads every thread walks the same tape. The tiles of an entry lie in `groups` of equal size (over
 * the same pixels, for other filters); of each, every thread owns a part, the n-th thread the n-th: so what a thread
 * reads it has written itself, layer by layer, and it is in its own cache. Whoever is done with its part goes on
 * with those of others. Then all wait at a barrier; the last to arrive resets the counters, so a tape is always
 * ready to run again.
 */

/** Fields start after the header. */
const HEADER_BYTES = 16;
/**
 * A chunk is this part of a thread's tiles that are left: large chunks at first, which keep neighbours together,
 * single tiles at the end, where threads would wait for one that has a long way to go.
 */
const PART = 2;
/** Where a group has fewer tiles for each thread than this, all tiles are one group. */
const LEAST_TILES = 4;

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

/** The address of a thread's counter. */
function takenBy(control: Local<"i32">, thread: Local<"i32">): void {
  i32.add(control, TAKEN);
  i32.mul(thread, LINE);
  i32.add();
}

/** `share(begin, end, control, threads, thread)`: one thread's part of a tape. */
function sharer(table: Dependency.Table): Dependency.Func {
  const work = partRunner(table);
  return func(
    { in: [i32, i32, i32, i32, i32], locals: [i32, i32, i64], out: [] },
    ([entry, end, control, threads, thread], [owner, spin, epoch]) => {
      loop(null, (nextEntry) => {
        local.set(owner, thread);
        loop(null, (nextOwner) => {
          call(work as never, [entry, control, threads, owner] as never);
          // The next thread, after the last the first.
          local.set(owner, i32.add(owner, 1));
          i32.const(0);
          local.get(owner);
          i32.eq(owner, threads);
          select();
          local.tee(owner);
          local.get(thread);
          i32.ne();
          br_if(nextOwner);
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
            local.set(owner, threads);
            loop(null, (reset) => {
              local.set(owner, i32.sub(owner, 1));
              takenBy(control, owner);
              i32.const(0);
              i32.atomic.store({});
              local.get(owner);
              br_if(reset);
            });
            i32.atomic.store({ offset: ARRIVALS }, control, 0);
            advance(control, BARRIER, threads);
          },
          () => awaitChange(control, BARRIER, epoch, spin),
        );
        i32.add(entry, i32.load({ offset: 8 }, entry));
        local.set(entry);
        i32.lt_u(entry, end);
        br_if(nextEntry);
      });
    },
  ) as unknown as Dependency.Func;
}

/** `work(entry, control, threads, owner)`: takes chunks of an owner's tiles until none is left. */
function partRunner(table: Dependency.Table): Dependency.Func {
  return func(
    { in: [i32, i32, i32, i32], locals: [i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32], out: [] },
    (
      [entry, control, threads, owner],
      [groups, size, first, share, count, counter, tile, stop, inGroup, begin, length],
    ) => {
      local.set(groups, i32.load({ offset: 12 }, entry));
      local.set(size, i32.div_u(i32.load({ offset: 4 }, entry), groups));
      i32.lt_u(size, i32.mul(threads, LEAST_TILES));
      if_(null, () => {
        local.set(groups, i32.const(1));
        local.set(size, i32.load({ offset: 4 }, entry));
      });
      // A group's tiles size * owner / threads .. size * (owner + 1) / threads - 1 are the owner's.
      local.set(first, i32.div_u(i32.mul(size, owner), threads));
      local.set(share, i32.sub(i32.div_u(i32.mul(size, i32.add(owner, 1)), threads), first));
      local.set(count, i32.mul(share, groups));
      takenBy(control, owner);
      local.set(counter);
      block(null, (done) => {
        loop(null, (nextChunk) => {
          // Others may take tiles between this look and the take: then the chunk is a little larger than its share.
          i32.atomic.load({}, counter);
          local.tee(tile);
          local.get(count);
          i32.ge_u();
          br_if(done);
          local.set(stop, i32.add(i32.div_u(i32.sub(count, tile), PART), 1));
          local.set(tile, i32.atomic.rmw.add({}, counter, stop));
          i32.ge_u(tile, count);
          br_if(done);
          // min(tile + chunk, count)
          i32.add(tile, stop);
          local.get(count);
          i32.lt_u(i32.add(tile, stop), count);
          select();
          local.set(stop);
          // Tile t of the owner lies in group t / share; a chunk that reaches into the next is run in pieces.
          loop(null, (nextGroup) => {
            local.set(inGroup, i32.rem_u(tile, share));
            i32.add(i32.mul(i32.div_u(tile, share), size), i32.add(first, inGroup));
            local.set(begin);
            i32.sub(stop, tile);
            i32.sub(share, inGroup);
            i32.lt_u(i32.sub(stop, tile), i32.sub(share, inGroup));
            select();
            local.set(length);
            i32.add(entry, HEADER_BYTES);
            local.get(begin);
            i32.add(begin, length);
            i32.load({ offset: 0 }, entry);
            call_indirect(table, kernelType);
            i32.add(tile, length);
            local.tee(tile);
            local.get(stop);
            i32.lt_u();
            br_if(nextGroup);
          });
          br(nextChunk);
        });
      });
    },
  ) as unknown as Dependency.Func;
}

/** `lead(begin, end, control, threads)` and `follow(control, threads, thread)`; see `KernelExports`. */
export function threadedRunners(table: Dependency.Table): { lead: Dependency.Func; follow: Dependency.Func } {
  const share = sharer(table);
  const lead = func({ in: [i32, i32, i32, i32], locals: [], out: [] }, ([begin, end, control, threads]) => {
    i32.store({ offset: BEGIN }, control, begin);
    i32.store({ offset: END }, control, end);
    advance(control, COMMAND, threads);
    call(share as never, [begin, end, control, threads, 0] as never);
  });
  const follow = func(
    { in: [i32, i32, i32], locals: [i64, i32], out: [] },
    ([control, threads, thread], [seen, spin]) => {
      loop(null, (again) => {
        awaitChange(control, COMMAND, seen, spin);
        local.set(seen, i64.add(seen, 1n));
        i32.eqz(i32.load({ offset: BEGIN }, control));
        if_(null, () => return_());
        i32.load({ offset: BEGIN }, control);
        i32.load({ offset: END }, control);
        local.get(control);
        local.get(threads);
        local.get(thread);
        call(share as never);
        br(again);
      });
    },
  );
  return { lead: lead as unknown as Dependency.Func, follow: follow as unknown as Dependency.Func };
}
