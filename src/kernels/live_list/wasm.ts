import {
  doWhile,
  i32Splat,
  i32x4Of,
  ifThen,
  kernel,
  loadF32,
  loadI32,
  loadV,
  selectI32,
  storeI32,
  storeV,
  whileDo,
} from "../wasm/assembler.js";

/**
 * Lists, for each pixel, the channels whose value lies strictly inside `(low, high)`: the units that a relu, a
 * clipped relu or a max-pool lets cotangents through, in rising order.
 *
 * The lists of an image row, `width` pixels, lie one after the other from slot `row * width * channels` of `entries` on.
 * Pixel p owns row p of `table`, which holds `blocks + 1` byte addresses: the list of block b runs from `table[p][b]` to
 * `table[p][b + 1]`. `patterns` is the 16 x 16 byte table of `livePatterns`. A block is a multiple of 4 channels, or all of
 * them. Tiles: image rows.
 */
export const liveList = kernel(
  "live_list",
  ["values", "low", "high", "channels", "width", "block", "blocks", "table", "entries", "patterns"],
  ({ field, float, lanes, begin, end, locals }) => {
    const [values, channels, block, blocks] = [
      field("values"),
      field("channels"),
      field("block"),
      field("blocks"),
    ];
    const width = field("width");
    const [table, entries, patterns] = [field("table"), field("entries"), field("patterns")];
    const [low, high, lowest, highest] = [lanes("low"), lanes("high"), float("low"), float("high")];
    const [p, to, row, c, stop, mask] = Array.from({ length: 6 }, () => locals.i32());
    const [b, pixel, left] = Array.from({ length: 3 }, () => locals.i32());
    const x = locals.v128();
    const index = locals.v128();
    const value = locals.f32();
    // The channels of a vector, from `c` on.
    const listVector = (): void => {
      x.set(loadV(p));
      mask.set(x.gt(low).and(x.lt(high)).i32Bitmask());
      storeV(to, index.swizzle(loadV(patterns.add(mask.shl(4)))));
      to.set(to.add(mask.popcnt().shl(2)));
      index.set(index.i32Add(i32Splat(4)));
      p.set(p.add(16));
      c.set(c.add(4));
    };
    // Loops of a vector or two would cost more than the vectors: a row of pixels is one loop.
    const narrow = locals.i32(block.ltU(16).and(block.and(3).eqz()).and(channels.remU(block).eqz()));
    const narrowBlocks = (): void => {
      left.set(width);
      doWhile(
        () => {
          c.set(0);
          b.set(block);
          index.set(i32x4Of(0, 1, 2, 3));
          storeI32(row, to);
          doWhile(
            () => {
              listVector();
              // Where the block ends so far.
              storeI32(row, to, 4);
              b.set(b.sub(4));
              row.set(row.add(b.eqz().shl(2)));
              b.set(selectI32(b, b, block));
            },
            () => c.ltU(channels),
          );
          row.set(row.add(4));
          left.set(left.sub(1));
        },
        () => left,
      );
    };
    whileDo(
      () => begin.ltU(end),
      () => {
        pixel.set(begin.mul(width));
        p.set(values.add(pixel.mul(channels).shl(2)));
        to.set(entries.add(pixel.mul(channels).shl(2)));
        row.set(table.add(pixel.mul(blocks.add(1)).shl(2)));
        left.set(width);
        ifThen(narrow, narrowBlocks, () => {
          doWhile(
            () => {
              c.set(0);
              b.set(0);
              whileDo(
                () => b.ltU(blocks),
                () => {
                  storeI32(row, to);
                  row.set(row.add(4));
                  stop.set(c.add(block));
                  stop.set(selectI32(stop.ltU(channels), stop, channels));
                  index.set(i32Splat(c).i32Add(i32x4Of(0, 1, 2, 3)));
                  whileDo(() => c.add(4).leU(stop), listVector);
                  whileDo(
                    () => c.ltU(stop),
                    () => {
                      value.set(loadF32(p));
                      storeI32(to, c);
                      to.set(to.add(value.gt(lowest).and(value.lt(highest)).shl(2)));
                      p.set(p.add(4));
                      c.set(c.add(1));
                    },
                  );
                  b.set(b.add(1));
                },
              );
              storeI32(row, to);
              row.set(row.add(4));
              left.set(left.sub(1));
            },
            () => left,
          );
        });
        begin.set(begin.add(1));
      },
    );
  },
);

/**
 * The same for a sorted subset of channels, where only the candidate classes carry a cotangent: `candidates`
 * points at the addresses of the first and past the last candidate. One block.
 */
export const liveListOfCandidates = kernel(
  "live_list_of_candidates",
  ["values", "low", "high", "channels", "candidates", "table", "entries"],
  ({ field, float, begin, end, locals }) => {
    const [values, channels, candidates] = [field("values"), field("channels"), field("candidates")];
    const [table, entries] = [field("table"), field("entries")];
    const [low, high] = [float("low"), float("high")];
    const [p, to, row, at, c] = Array.from({ length: 5 }, () => locals.i32());
    const first = locals.i32(loadI32(candidates));
    const last = locals.i32(loadI32(candidates, 4));
    const value = locals.f32();
    whileDo(
      () => begin.ltU(end),
      () => {
        p.set(values.add(begin.mul(channels).shl(2)));
        to.set(entries.add(begin.mul(channels).shl(2)));
        row.set(table.add(begin.shl(3)));
        storeI32(row, to);
        at.set(first);
        whileDo(
          () => at.ltU(last),
          () => {
            c.set(loadI32(at));
            value.set(loadF32(p.add(c.shl(2))));
            storeI32(to, c);
            to.set(to.add(value.gt(low).and(value.lt(high)).shl(2)));
            at.set(at.add(4));
          },
        );
        storeI32(row, to, 4);
        begin.set(begin.add(1));
      },
    );
  },
);
