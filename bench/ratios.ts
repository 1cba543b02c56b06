import type { Ratio, Row } from "./report.js";

/**
 * Completes rows of one case with ratios to the peers. A peer is taken at its best, the least median of all its
 * configurations in this run on as many threads as ours; ratios across numbers of threads are not taken. Where the peer is
 * no faster on its threads than on one, the machine was too busy to say, or the peer does not use them: that is refused.
 */
export function withRatios(rows: readonly Row[]): Row[] {
  const peers = rows.filter((row) => !row.ours && row.time);
  const kinds = [...new Set(peers.map(peerName))];
  return rows.map((row) => {
    if (!row.ours || !row.time) return row;
    const faster: Record<string, Ratio> = {};
    for (const kind of kinds) {
      const ratio = ratioTo(
        row,
        peers.filter((peer) => peerName(peer) === kind),
      );
      if (ratio) faster[kind] = ratio;
    }
    return Object.keys(faster).length > 0 ? { ...row, faster } : row;
  });
}

function ratioTo(row: Row, configurations: readonly Row[]): Ratio | undefined {
  const alike = fastest(configurations.filter((peer) => peer.threads === row.threads));
  if (!alike) return undefined;
  const single = fastest(configurations.filter((peer) => peer.threads === 1));
  if (row.threads > 1 && single && alike.time.median > single.time.median)
    return {
      refused: `${alike.name} takes ${alike.time.median.toPrecision(3)} ms on ${row.threads} threads, ${single.time.median.toPrecision(3)} on one`,
    };
  const own = row.time!;
  return { median: alike.time.median / own.median, min: alike.time.min / own.min, peer: alike.name };
}

type Timed = Row & Required<Pick<Row, "time">>;

function fastest(rows: readonly Row[]): Timed | undefined {
  return (rows as readonly Timed[]).reduce<Timed | undefined>(
    (best, row) => (best && best.time.median <= row.time.median ? best : row),
    undefined,
  );
}

/** One for each backend or device of a peer: its variant up to the version. */
function peerName({ engine, variant }: Row): string {
  return `${engine} ${variant.replace(/(^|-)\d.*$/, "")}`.trim();
}
