/** Numbers that decide how a call is divided, never what comes out; tests go to their extremes. */
export interface Tuning {
  /** Workgroups that fill a large device; dispatches of fewer take smaller tiles. */
  readonly enoughGroups: number;
  /** Bytes of tensors that a call may fill; larger batches go in several calls. */
  readonly memoryBudget: number;
  /** Bytes of the images of a universal perturbation that stay on the device; of more, those lately used. */
  readonly imageBudget: number;
  /**
   * In a DeepFool run, dispatches of fewer workgroups than this stay as large as for all images: those beyond the images
   * that are still running return at once, which costs less than an indirect dispatch and its validation.
   */
  readonly worthScheduling: number;
  /** Multiply-adds of one submission: a tenth of a second on a GPU of 1 TFLOP/s. */
  readonly submissionMacs: number;
  /** Batches of images of fewer bytes go to the device through its queue, larger ones through memory that stays mapped. */
  readonly stagedBytes: number;
}

export const TUNING: Tuning = {
  enoughGroups: 256,
  memoryBudget: 2 ** 30,
  imageBudget: 2 ** 29,
  worthScheduling: 2048,
  submissionMacs: 5e10,
  stagedBytes: 2 ** 17,
};
