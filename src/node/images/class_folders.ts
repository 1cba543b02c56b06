import type { PictureTarget } from "../../images/picture_shape.js";

/** What a network says about its classes; nothing where only a shape is known. */
export interface ClassesOf {
  readonly count?: number;
  readonly names?: readonly string[];
}

export function classesOf(net: PictureTarget): ClassesOf {
  const { classes, classNames } = net as { classes?: number; classNames?: readonly string[] };
  return { count: classes, names: classNames };
}

/** Labels of the images and names of the labels, or why there are none. */
export interface FolderLabels {
  readonly labels?: Int32Array;
  readonly classNames?: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Labels by folders of classes: the place of the folder's name among the model's classes (capitals, `_` and `-` do not count). Of a model
 * without names, the place among all folders in order, if there is one for each class.
 *
 * @param folders the folder of each image, `[N]`; undefined where an image lies in none
 * @param all the names of all folders, in order
 */
export function labelsOfFolders(
  folders: readonly (string | undefined)[],
  all: readonly string[],
  { count, names }: ClassesOf,
): FolderLabels {
  if (all.length === 0 || folders.some((folder) => folder === undefined)) return { warnings: [] };
  const places = new Map((names ?? all).map((name, place) => [plain(name), place]));
  const strangers = all.filter((folder) => !places.has(plain(folder)));
  if (strangers.length > 0)
    return {
      warnings: [
        `images have no labels: folder ${strangers[0]}${strangers.length > 1 ? ` and ${strangers.length - 1} more` : ""} has the name of no class`,
      ],
    };
  if (!names && count !== undefined && count !== all.length)
    return {
      warnings: [
        `images have no labels: there are ${all.length} folders, and the model has ${count} classes without names`,
      ],
    };
  return {
    labels: Int32Array.from(folders, (folder) => places.get(plain(folder ?? "")) ?? -1),
    classNames: names ?? all,
    warnings: [],
  };
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[_-]+/g, " ").trim();
}
