/** Stands where a table wants an answer and there is none, with the reason, so that nothing is left out by mistake. */
export interface Absent {
  readonly absent: string;
}

/** @param why one clause, for the error that a user sees: "a softmax before the last layer" */
export function absent(why: string): Absent {
  return { absent: why };
}

export function isAbsent(answer: object): answer is Absent {
  return "absent" in answer;
}
