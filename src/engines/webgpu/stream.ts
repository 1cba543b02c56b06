import type { Dispatch } from "../../kernels/webgpu/dispatch.js";
import type { Call, Program, Sizes } from "./program.js";

/**
 * Commands in the order they were given, handed to the device before they last long: an operating system ends whoever
 * keeps a GPU from drawing for some two seconds. The order of submissions is that of the commands, so results are the
 * same however they are cut.
 */
export class Stream {
  private encoder: GPUCommandEncoder | undefined;
  private pass: GPUComputePassEncoder | undefined;
  private macs = 0;

  constructor(private readonly program: Program) {}

  /** See {@link Program.encode}. */
  encode(dispatches: readonly Dispatch[], call: Call, sizes?: Sizes): void {
    for (const dispatch of dispatches) {
      const macs = this.program.macsOf(dispatch, call);
      if (this.macs > 0 && this.macs + macs > this.program.tuning.submissionMacs) this.submit();
      this.encoder ??= this.program.gpu.device.createCommandEncoder();
      this.pass ??= this.encoder.beginComputePass();
      this.program.encode(this.pass, [dispatch], call, sizes);
      this.macs += macs;
    }
  }

  /** Copies from the start of a buffer, or from `offset`, to the start of another, or to `to`. */
  copy(source: GPUBuffer, offset: number, target: GPUBuffer, to: number, bytes: number): void {
    this.pass?.end();
    this.pass = undefined;
    this.encoder ??= this.program.gpu.device.createCommandEncoder();
    this.encoder.copyBufferToBuffer(source, offset, target, to, bytes);
  }

  /** Submits what is left, with what `record` adds after it. */
  submit(record?: (encoder: GPUCommandEncoder) => void): void {
    const { device } = this.program.gpu;
    this.pass?.end();
    this.encoder ??= device.createCommandEncoder();
    record?.(this.encoder);
    device.queue.submit([this.encoder.finish()]);
    this.encoder = undefined;
    this.pass = undefined;
    this.macs = 0;
  }
}
