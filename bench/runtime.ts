/** What ran the benchmark. */
export interface Runtime {
  /** "Node", "Chromium", "Firefox", "Safari". */
  readonly name: string;
  readonly version: string;
  /** Whether it has shared memory, and so threads: of a page, whether it is cross-origin isolated. */
  readonly isolated: boolean;
  /** A browser without a window. */
  readonly headless?: boolean;
}

/** What WebGPU or WebGL computes on. */
export interface Adapter {
  readonly name: string;
  readonly vendor?: string;
  readonly architecture?: string;
  /** The processor plays a GPU: times say nothing of one. */
  readonly software: boolean;
}

export interface Adapters {
  readonly webgpu?: Adapter;
  readonly webgl?: Adapter;
}

/** Where and how numbers were taken. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** What a page is told of it, at most 8. */
  readonly memoryGB: number;
  readonly platform: string;
  readonly runtime: Runtime;
  /** Of Node. */
  readonly node?: string;
  readonly v8?: string;
  readonly date: string;
  readonly command: string;
  /** Commit of the checkout, with "+" where files differ from it. */
  readonly commit?: string;
}

/** Of a file that was written when there was only Node. */
export function withRuntime(machine: Omit<Machine, "runtime"> & Partial<Pick<Machine, "runtime">>): Machine {
  return {
    ...machine,
    runtime: machine.runtime ?? { name: "Node", version: machine.node ?? "", isolated: true },
  };
}

/** "Chromium 150.0.1, headless". */
export function runtimeText({ name, version, isolated, headless }: Runtime): string {
  return [`${name} ${version}`, headless ? "headless" : "", isolated ? "" : "without shared memory"]
    .filter(Boolean)
    .join(", ");
}

/** Three lines for the top of a report. */
export function machineText(m: Machine): string {
  const engine = m.v8 === undefined ? "" : ` (V8 ${m.v8})`;
  return (
    `${m.cpu}, ${m.cores} cores, ${m.memoryGB} GB, ${m.platform}\n` +
    `${runtimeText(m.runtime)}${engine}, ${m.date}, commit ${m.commit ?? "unknown"}\n${m.command}`
  );
}

/** "llvmpipe (software)". */
export function adapterText({ name, software }: Adapter): string {
  return software ? `${name} (software)` : name;
}
