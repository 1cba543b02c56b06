import type { ImageSet } from "./image_set.js";

/**
 * Several sets as one, in order. Files and labels are kept where all sets have them; labels only where they mean the same.
 */
export function joinSets(sets: readonly ImageSet[]): ImageSet {
  const [first] = sets;
  if (sets.length === 1) return first;
  const count = sets.reduce((sum, set) => sum + set.count, 0);
  const images = new Float32Array(sets.reduce((sum, set) => sum + set.images.length, 0));
  let end = 0;
  for (const set of sets) {
    images.set(set.images, end);
    end += set.images.length;
  }
  const labels = sets.flatMap((set) => (set.labels ? [...set.labels] : []));
  const alike = sets.every(({ classNames }) => classNames?.join("\n") === first.classNames?.join("\n"));
  const isLabelled = labels.length === count && alike;
  const lost = labels.length > 0 && !isLabelled;
  const warnings = [
    ...sets.flatMap((set) => set.warnings ?? []),
    ...(lost ? ["images have no labels: the sets have none for all, or of other classes"] : []),
  ];
  const skipped = sets.flatMap((set) => set.skipped ?? []);
  const files = sets.flatMap(
    (set) => set.files ?? Array.from({ length: set.count }, (_, n) => `${set.source}/${n}`),
  );
  return {
    source: sets.map(({ source }) => source).join(", "),
    images,
    count,
    shape: first.shape,
    files,
    ...(isLabelled && { labels: Int32Array.from(labels), classNames: first.classNames }),
    ...(skipped.length > 0 && { skipped }),
    ...(warnings.length > 0 && { warnings }),
  };
}
