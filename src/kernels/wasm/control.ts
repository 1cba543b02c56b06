/**
 * The control block by which threads run a tape together, in bytes from its address: arrivals (i32) at a barrier, the
 * barrier's epoch (i64), the epoch of commands (i64), begin and end of the commanded tape (i32), sleeping threads
 * (i32), and for every thread how many of its tiles have been taken (i32, `LINE` bytes apart). Epochs only grow.
 */
export const [ARRIVALS, BARRIER, COMMAND, BEGIN, END, SLEEPERS, TAKEN] = [0, 8, 16, 24, 28, 32, 64];

/** A cache line: threads that write into one hinder each other. */
export const LINE = 64;

/** Bytes of the control block of some threads. */
export const controlBytes = (threads: number): number => TAKEN + LINE * threads;
