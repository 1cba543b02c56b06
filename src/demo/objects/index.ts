import { apple } from "./apple.js";
import { butterfly } from "./butterfly.js";
import { car } from "./car.js";
import { cat } from "./cat.js";
import { fish } from "./fish.js";
import { flower } from "./flower.js";
import { house } from "./house.js";
import { mushroom } from "./mushroom.js";
import type { ObjectClass } from "./object.js";
import { sailingBoat } from "./sailing_boat.js";
import { tree } from "./tree.js";

/** The ten classes; an image's label is the index here. */
export const objectClasses: readonly ObjectClass[] = [
  apple,
  butterfly,
  car,
  cat,
  fish,
  flower,
  house,
  mushroom,
  sailingBoat,
  tree,
];
