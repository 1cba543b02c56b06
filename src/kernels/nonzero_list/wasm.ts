import {
  type I32,
  i32Splat,
  i32x4Of,
  int,
  kernel,
  type Locals,
  loadI32,
  loadV,
  storeI32,
  storeV,
  whileDo,
  zero,
} from "../wasm/assembler.js";

/** Bytes of the values that a `nonzero_list` of an image has. */
export function listedBytes(locals: Locals, table: I32, height: I32, width: I32): I32 {
  const [row, left, bytes] = [locals.i32(table), locals.i32(height), locals.i32(0)];
  whileDo(
    () => left,
    () => {
      bytes.set(bytes.add(loadI32(row.add(width.shl(2))).sub(loadI32(row))));
      row.set(row.add(width.add(1).shl(2)));
      left.set(left.sub(1));
    },
  );
  return bytes;
}

/**
 * Lists the values of each row of pixels that are not 0 (a NaN is listed, -0 is not), in memory order, for
 * `conv_forward_sparse`. Each comes with `unit * step`, where its unit counts from the start of its row.
 *
 * Row h owns the `width * channels` slots of `entries` from `h * width * channels` on, its values; the offsets lie
 * `distance` bytes further. `table[h][w]` is the address of the first value of pixel w, `table[h][width]` the end.
 * Channels are a multiple of 4, `gap` bytes lie between a pixel's last and the next's first; `skip` is added to the offset
 * after a pixel. `patterns` is the 16 x 16 byte table of `livePatterns`. Tiles: rows.
 */
export const nonzeroList = kernel(
  "nonzero_list",
  ["x", "width", "channels", "gap", "step", "skip", "table", "entries", "distance", "patterns"],
  ({ field, begin, end, locals }) => {
    const [x, width, channels, step] = [field("x"), field("width"), field("channels"), field("step")];
    const [table, entries, distance, patterns] = [
      field("table"),
      field("entries"),
      field("distance"),
      field("patterns"),
    ];
    const [from, to, row, pixelEnd, rowEnd, mask, pattern] = Array.from({ length: 7 }, () => locals.i32());
    const rowBytes = locals.i32(width.mul(channels).shl(2));
    const [gap, xRow] = [field("gap"), locals.i32()];
    const [value, offset, order] = Array.from({ length: 3 }, () => locals.v128());
    const skip = locals.v128(i32Splat(field("skip")));
    xRow.set(rowBytes.add(width.mul(gap)));
    const four = locals.v128(i32Splat(step.shl(2)));
    whileDo(
      () => begin.ltU(end),
      () => {
        from.set(x.add(begin.mul(xRow)));
        to.set(entries.add(begin.mul(rowBytes)));
        row.set(table.add(begin.mul(width.add(1)).shl(2)));
        rowEnd.set(from.add(xRow));
        offset.set(i32x4Of(0, step, step.mul(2), step.mul(3)));
        whileDo(
          () => from.ltU(rowEnd),
          () => {
            storeI32(row, to);
            row.set(row.add(4));
            pixelEnd.set(from.add(channels.shl(2)));
            whileDo(
              () => from.ltU(pixelEnd),
              () => {
                value.set(loadV(from));
                mask.set(int(15).sub(value.eq(zero()).i32Bitmask()));
                pattern.set(patterns.add(mask.shl(4)));
                order.set(loadV(pattern));
                storeV(to, value.swizzle(order));
                storeV(to.add(distance), offset.swizzle(order));
                to.set(to.add(mask.popcnt().shl(2)));
                offset.set(offset.i32Add(four));
                from.set(from.add(16));
              },
            );
            from.set(from.add(gap));
            offset.set(offset.i32Add(skip));
          },
        );
        storeI32(row, to);
        begin.set(begin.add(1));
      },
    );
  },
);
