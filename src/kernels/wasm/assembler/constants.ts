/** Pushes a constant on the WASM stack. */
type Push = () => unknown;

/**
 * Float64 constants of a kernel, which it keeps in locals from its start on: V8 makes a constant anew, in three instructions,
 * wherever code names one, and a polynomial of ten terms names ten. Gelu then takes 0.63 of the time, swish 0.7.
 */
export class Constants {
  /** What the kernel that is being assembled has named. */
  readonly named = new Set<number>();
  private readonly kept = new Map<number, Push>();

  keep(x: number, emit: Push): void {
    this.kept.set(x, emit);
  }

  /** What pushes a constant; undefined where it is not kept. */
  of(x: number): Push | undefined {
    // Zeros are one instruction, and their sign would be lost in a table.
    if (x !== 0) this.named.add(x);
    return this.kept.get(x);
  }
}

/** What is known of the kernel that is being assembled. */
interface Assembly {
  readonly constants: Constants;
  /** Whether multiply-adds are fused. */
  readonly relaxed: boolean;
}

let current: Assembly = { constants: new Constants(), relaxed: false };

export const currentAssembly = (): Assembly => current;

/** Emits a kernel, of which this is known. */
export function assembling(assembly: Assembly, emit: () => void): void {
  const before = current;
  current = assembly;
  emit();
  current = before;
}
