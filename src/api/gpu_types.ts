declare global {
  // Stand-ins for those who compile against unifool without WebGPU's types; where there are types, these merge with them.
  interface GPU {}
  interface GPUDevice {}
}

export {};
