import {
  doWhile,
  ifThen,
  type KernelSource,
  kernel,
  loadI32,
  threadScratch,
  whileDo,
} from "../wasm/assembler.js";
import { minU } from "../wasm/tiles.js";
import { GROUP_GATHER_FIELDS, groupWindow } from "./wasm_vjp_gather_groups.js";
import { UNIT_FIELDS, unitSums, type VjpTile } from "./wasm_vjp_units.js";

/**
 * `conv_vjp` for convolutions in groups: the same sums in the same order, o going over the filters of c's group,
 *
 *   gx[p][c][k] = sum over taps t, live o at q = q(p, t) of  W[t][o][c] gy[q][o][k]      for live c at p
 *
 * A group has few channels. Group by group, a pass over the image would touch a line of cache here and there and take
 * longer to find the outputs of a pixel than to multiply them. So a tile is an input pixel with all groups of a chunk:
 * it reads and writes along the rows of memory, and works out once for all of them what lies under the pixel
 * (`wasm_vjp_gather_groups.ts`). A chunk is as many groups as have their weights in a first-level cache.
 *
 * The blocks of both tables of live lists are groups. Weights are `[group][tap][o][c]`, o and c those of the group:
 * `rowBytes` for an o, `tapBytes` for a tap, `groupBytes` for a group. `filters` are those of a group.
 *
 * Tiles: `[chunk of groups][input pixel]`. `init` as in `conv_vjp`.
 */
export function convVjpGrouped(tile: VjpTile): KernelSource {
  return kernel(
    `conv_vjp_grouped_${tile.lanes}`,
    [
      ...GROUP_GATHER_FIELDS,
      "xTable",
      "xPitch",
      "xChannels",
      "height",
      "width",
      "weights",
      "groupBytes",
      "groups",
      "chunk",
      ...UNIT_FIELDS,
      "scratch",
    ],
    ({ field, lanes, begin, end, locals, target }) => {
      const { laneBytes, sum } = unitSums({ field, lanes, locals, target }, tile);
      const scratch = locals.i32(field("scratch").add(threadScratch()));
      const window = groupWindow({ field, locals }, laneBytes, scratch);
      const [xTable, xPitch, xChannels] = [field("xTable"), field("xPitch"), field("xChannels")];
      const [height, width, weights] = [field("height"), field("width"), field("weights")];
      const [groups, chunk, tapBytes] = [field("groups"), field("chunk"), field("tapBytes")];
      // Channel indices are absolute, so a group's weights are moved back by its first channel and first output.
      const groupStep = locals.i32(field("groupBytes").sub(tapBytes).sub(field("rowBytes")));

      const pixels = locals.i32(height.mul(width));
      const chunkIndex = locals.i32(begin.divU(pixels));
      const position = locals.i32(begin.remU(pixels));
      const h = locals.i32(position.divU(width));
      const w = locals.i32(position.remU(width));
      const [shift, live, liveEnd, pixel] = Array.from({ length: 4 }, () => locals.i32());
      const [group, groupBase, xAt, xEnd] = Array.from({ length: 4 }, () => locals.i32());

      window.restart();
      whileDo(
        () => begin.ltU(end),
        () => {
          group.set(chunkIndex.mul(chunk));
          pixel.set(h.mul(width).add(w));
          xAt.set(xTable.add(pixel.mul(xPitch)).add(group.shl(2)));
          xEnd.set(xAt.add(minU(groups.sub(group), chunk).shl(2)));
          ifThen(loadI32(xAt).ltU(loadI32(xEnd)), () => {
            pixel.set(pixel.mul(xChannels).shl(2));
            shift.set(w.mul(tapBytes));
            groupBase.set(weights.add(group.mul(groupStep)));
            window.moveTo(h, w, group);
            doWhile(
              () => {
                window.gather(groupBase);
                live.set(loadI32(xAt));
                liveEnd.set(loadI32(xAt, 4));
                ifThen(live.ltU(liveEnd), () =>
                  sum({ live, liveEnd, pixel, shift, first: window.first, end: window.end }),
                );
                groupBase.set(groupBase.add(groupStep));
                xAt.set(xAt.add(4));
              },
              () => xAt.ltU(xEnd),
            );
          });
          w.set(w.add(1));
          ifThen(w.eq(width), () => {
            w.set(0);
            window.restart();
            h.set(h.add(1));
            ifThen(h.eq(height), () => {
              h.set(0);
              chunkIndex.set(chunkIndex.add(1));
            });
          });
          begin.set(begin.add(1));
        },
      );
    },
  );
}
