declare global {
  // What TypeScript's "esnext.disposable" declares, for those who compile against unifool without it or with a TypeScript
  // before 5.2; where it is there, these merge with it.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
}

export {};
