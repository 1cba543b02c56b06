/** Control flow. Statements emit at once. */
import { block, br_if, if_, loop, select } from "wasmati";
import { I32, type Int, int } from "./expressions.js";

/** `condition ? a : b`, both evaluated. */
export const selectI32 = (condition: I32, a: Int, b: Int): I32 =>
  new I32(() => {
    int(a).emit();
    int(b).emit();
    condition.emit();
    select();
  });

export function ifThen(condition: I32, then: () => void, otherwise?: () => void): void {
  condition.emit();
  if (otherwise) if_(null, then, otherwise);
  else if_(null, then);
}
/** Tests before the first round and after each; `leaveIf` ends the loop in the middle of a round. */
export function whileDo(condition: () => I32, body: (leaveIf: (condition: I32) => void) => void): void {
  block(null, (exit) => {
    condition().emit();
    if_(null, () =>
      doWhile(
        () =>
          body((leave) => {
            leave.emit();
            br_if(exit);
          }),
        condition,
      ),
    );
  });
}
/** Runs the body once; `leaveIf` ends it. */
export function section(body: (leaveIf: (condition: I32) => void) => void): void {
  block(null, (exit) =>
    body((leave) => {
      leave.emit();
      br_if(exit);
    }),
  );
}
/** Runs the body, then repeats while the condition holds. */
export function doWhile(body: () => void, condition: () => I32): void {
  loop(null, (top) => {
    body();
    condition().emit();
    br_if(top);
  });
}
