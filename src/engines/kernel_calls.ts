/** Which kernels an engine would call for a network, without opening it. */

/** A kernel by its name and the step that it is for. */
export interface KernelCall {
  /** Name of the step's node. */
  readonly label: string;
  readonly kernel: string;
}

/** The calls of a forward pass over one image and of a backward pass, in the order that they run in. */
export interface KernelCalls {
  readonly forward: readonly KernelCall[];
  readonly backward: readonly KernelCall[];
}
