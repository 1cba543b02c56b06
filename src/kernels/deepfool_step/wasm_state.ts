import {
  type Double,
  type F64,
  type I32,
  type Int,
  loadF64,
  loadI32,
  storeF64,
  storeI32,
} from "../wasm/assembler.js";
import { offsetInState, type StateDouble, type StateInteger } from "./loop_state.js";

/** The loop's state at an address, value by value. */
export function stateAt(state: I32) {
  return {
    get: (name: StateInteger): I32 => loadI32(state, offsetInState(name)),
    set: (name: StateInteger, value: Int): void => storeI32(state, value, offsetInState(name)),
    getDouble: (name: StateDouble): F64 => loadF64(state, offsetInState(name)),
    setDouble: (name: StateDouble, value: Double): void => storeF64(state, value, offsetInState(name)),
  };
}

/** Exchanges r and what it was before. */
export function exchangeR(
  { get, set }: ReturnType<typeof stateAt>,
  spare: { set(value: I32): void } & I32,
): void {
  spare.set(get("r"));
  set("r", get("before"));
  set("before", spare);
}
